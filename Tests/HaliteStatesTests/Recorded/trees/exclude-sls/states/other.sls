theirs:
  test.nop: []
