late:
  test.succeed_without_changes: []
early:
  test.succeed_with_changes:
    - listen_in:
      - test: late
