d:
  test.succeed_with_changes:
    - onlyif: []
