a:
  test.succeed_with_changes: []
b:
  test.succeed_without_changes: []
c:
  test.nop:
    - require:
      - test: a
    - onchanges:
      - test: b
d:
  test.nop:
    - require:
      - test: c
    - watch:
      - test: a
