include:
- a
- dir
- dir.y
