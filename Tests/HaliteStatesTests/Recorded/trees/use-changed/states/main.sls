late:
  test.succeed_without_changes:
    - use:
      - test: early
middle:
  test.nop: []
early:
  test.succeed_with_changes: []
