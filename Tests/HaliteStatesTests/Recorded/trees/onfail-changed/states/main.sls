late:
  test.succeed_without_changes:
    - onfail:
      - test: early
middle:
  test.nop: []
early:
  test.succeed_with_changes: []
