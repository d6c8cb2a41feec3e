late:
  test.succeed_without_changes:
    - onfail_all:
      - test: early
middle:
  test.nop: []
early:
  test.succeed_with_changes: []
