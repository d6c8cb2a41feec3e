late:
  test.succeed_without_changes: []
early:
  test.succeed_with_changes:
    - prereq_in:
      - test: late
