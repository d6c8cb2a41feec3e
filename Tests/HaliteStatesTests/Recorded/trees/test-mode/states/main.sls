a:
  test.succeed_with_changes: []
b:
  test.succeed_without_changes: []
c:
  test.fail_without_changes: []
d:
  test.configurable_test_state:
    - changes: True
    - result: True
e:
  test.succeed_without_changes:
    - watch:
      - test: a
f:
  test.nop:
    - onchanges:
      - test: a
g:
  test.nop:
    - require:
      - test: c
