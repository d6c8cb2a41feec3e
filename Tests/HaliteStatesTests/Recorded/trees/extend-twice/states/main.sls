include:
  - a
  - b
  - base
