include:
  - main
theirs:
  test.nop: []
