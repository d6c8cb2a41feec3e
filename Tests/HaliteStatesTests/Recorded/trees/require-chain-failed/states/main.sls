a:
  test.nop:
    - require:
      - test: b
b:
  test.nop:
    - require:
      - test: c
c:
  test.fail_without_changes: []
d:
  test.nop: []
