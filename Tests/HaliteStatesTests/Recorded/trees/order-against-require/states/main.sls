a:
  test.nop:
    - order: first
    - require:
      - test: b
b:
  test.nop:
    - order: last
c:
  test.nop: []
