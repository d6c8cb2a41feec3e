include:
- b
- a
- dir.y
