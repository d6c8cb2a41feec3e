theirs:
  test.nop: []
kept:
  test.nop: []
