include:
  - parts.*
mine:
  test.nop: []
