one:
  test.succeed_without_changes:
    - nonsense: 1
