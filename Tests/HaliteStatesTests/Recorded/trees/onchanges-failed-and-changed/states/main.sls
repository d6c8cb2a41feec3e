a:
  test.fail_with_changes: []
b:
  test.succeed_with_changes: []
c:
  test.nop:
    - onchanges:
      - test: a
      - test: b
