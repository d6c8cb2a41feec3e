late:
  test.configurable_test_state:
    - result: True
    - changes: False
    - require_any:
      - test: early
early:
  test.succeed_without_changes: []
