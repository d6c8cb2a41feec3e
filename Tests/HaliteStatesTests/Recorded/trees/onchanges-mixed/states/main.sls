a:
  test.succeed_without_changes: []
b:
  test.succeed_with_changes: []
c:
  test.nop:
    - onchanges:
      - test: a
      - test: b
d:
  test.nop:
    - onchanges:
      - test: a
