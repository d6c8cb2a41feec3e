include:
- dir.y
- dir
