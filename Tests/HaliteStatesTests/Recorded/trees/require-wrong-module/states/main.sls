a:
  test.nop:
    - require:
      - cmd: b
b:
  test.nop: []
