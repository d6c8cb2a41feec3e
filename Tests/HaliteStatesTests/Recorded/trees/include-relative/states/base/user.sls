user:
  test.nop: []
