late:
  test.succeed_without_changes: []
early:
  test.succeed_with_changes:
    - onchanges_in:
      - test: late
