a:
  test.nop:
    - require:
      - id: b
b:
  test.nop: []
