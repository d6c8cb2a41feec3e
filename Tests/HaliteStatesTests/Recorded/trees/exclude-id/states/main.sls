include:
  - other
exclude:
  - id: theirs
mine:
  test.nop: []
