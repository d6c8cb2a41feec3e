include:
- dir
- dir.x
