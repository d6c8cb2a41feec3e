one:
  nomodule.run: []
two:
  test.nop: []
