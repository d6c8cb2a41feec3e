one:
two:
  test.nop: []
