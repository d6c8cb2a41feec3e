zero:
  test.nop: []
theirs:
  test.nop:
    - require:
      - test: zero
