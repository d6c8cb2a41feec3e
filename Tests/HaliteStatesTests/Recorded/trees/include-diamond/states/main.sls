include:
  - a
  - b
mine:
  test.nop: []
