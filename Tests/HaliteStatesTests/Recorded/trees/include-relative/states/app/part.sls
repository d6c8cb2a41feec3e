include:
  - .deep.er
part:
  test.nop: []
