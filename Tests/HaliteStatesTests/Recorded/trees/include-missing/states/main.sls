include:
  - absent
mine:
  test.nop: []
