late:
  test.succeed_without_changes: []
early:
  test.succeed_with_changes:
    - use_in:
      - test: late
