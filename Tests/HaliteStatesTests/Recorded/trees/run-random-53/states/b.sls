include:
- dir.y
