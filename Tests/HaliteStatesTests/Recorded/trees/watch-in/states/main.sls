late:
  test.succeed_without_changes: []
early:
  test.succeed_with_changes:
    - watch_in:
      - test: late
