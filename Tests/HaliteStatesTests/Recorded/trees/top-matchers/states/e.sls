e:
  test.nop: []
