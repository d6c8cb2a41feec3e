include:
- a
- dir.x
- dir.y
