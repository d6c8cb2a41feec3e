include:
  - .part
  - ..base.user
mine:
  test.nop: []
