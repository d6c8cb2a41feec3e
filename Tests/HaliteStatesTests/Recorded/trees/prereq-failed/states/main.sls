late:
  test.configurable_test_state:
    - result: True
    - changes: False
    - prereq:
      - test: early
early:
  test.fail_without_changes: []
last:
  test.nop: []
