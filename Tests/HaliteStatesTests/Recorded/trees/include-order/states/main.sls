include:
  - second
  - third
mine:
  test.nop: []
