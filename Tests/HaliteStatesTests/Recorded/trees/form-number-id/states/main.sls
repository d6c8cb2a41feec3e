1:
  test.nop: []
2.5:
  test.nop: []
true:
  test.nop: []
