packed:
  test.nop: []
