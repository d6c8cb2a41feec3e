include:
  - other
  - third
exclude:
  - sls: other
mine:
  test.nop: []
