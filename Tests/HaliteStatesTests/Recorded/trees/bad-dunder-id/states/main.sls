__private__:
  test.nop: []
mine:
  test.nop: []
