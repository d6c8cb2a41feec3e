late:
  test.succeed_without_changes:
    - prereq:
      - test: early
middle:
  test.nop: []
early:
  test.succeed_with_changes: []
