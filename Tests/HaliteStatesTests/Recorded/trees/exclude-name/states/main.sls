include:
  - other
exclude:
  - other
mine:
  test.nop: []
