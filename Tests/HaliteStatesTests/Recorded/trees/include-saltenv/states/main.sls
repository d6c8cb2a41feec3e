include:
  - base: other
mine:
  test.nop: []
