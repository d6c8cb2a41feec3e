one:
  test.nop: []
one:
  test.succeed_without_changes: []
