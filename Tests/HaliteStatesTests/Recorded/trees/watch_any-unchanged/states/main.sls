late:
  test.configurable_test_state:
    - result: True
    - changes: False
    - watch_any:
      - test: early
early:
  test.succeed_without_changes: []
