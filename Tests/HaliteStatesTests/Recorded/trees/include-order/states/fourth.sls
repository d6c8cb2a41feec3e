fourth:
  test.nop: []
