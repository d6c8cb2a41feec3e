late:
  test.configurable_test_state:
    - result: True
    - changes: False
    - listen:
      - test: early
early:
  test.succeed_without_changes: []
