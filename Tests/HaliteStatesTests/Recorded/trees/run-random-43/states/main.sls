include:
- b
- base: dir.x
- dir
