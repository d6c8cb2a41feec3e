a:
  test.succeed_with_changes: []
b:
  test.nop:
    - require:
      - test: a
    - watch:
      - test: a
c:
  test.configurable_test_state:
    - changes: true
    - result: true
    - comment: done
    - onchanges:
      - test: a
d:
  test.fail_without_changes:
    - require_in:
      - test: c
