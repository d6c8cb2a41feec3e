include:
  - fourth
second:
  test.nop: []
