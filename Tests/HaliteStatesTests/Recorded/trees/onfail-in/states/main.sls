late:
  test.succeed_without_changes: []
early:
  test.succeed_with_changes:
    - onfail_in:
      - test: late
