late:
  test.succeed_without_changes:
    - watch:
      - test: early
middle:
  test.nop: []
early:
  test.succeed_with_changes: []
