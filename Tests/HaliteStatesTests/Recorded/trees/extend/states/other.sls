first:
  test.nop: []
theirs:
  test.nop:
    - name: original
