exclude:
  - sls: other
app:
  test.nop: []
