include:
  - ..part
der:
  test.nop: []
