service:
  test.succeed_without_changes:
    - comment: watched
    - watch:
      - test: one
      - test: two
one:
  test.succeed_without_changes: []
two:
  test.succeed_with_changes: []
