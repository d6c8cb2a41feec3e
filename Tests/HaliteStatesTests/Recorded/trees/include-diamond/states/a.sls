include:
  - c
a:
  test.nop: []
