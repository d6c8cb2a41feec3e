include:
- base: dir.x
- a
