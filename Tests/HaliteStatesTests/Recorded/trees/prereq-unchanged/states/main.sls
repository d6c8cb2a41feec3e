late:
  test.configurable_test_state:
    - result: True
    - changes: False
    - prereq:
      - test: early
early:
  test.succeed_without_changes: []
