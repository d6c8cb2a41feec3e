late:
  test.succeed_without_changes:
    - watch_any:
      - test: early
middle:
  test.nop: []
early:
  test.succeed_with_changes: []
