first:
  test.succeed_with_changes: []
second:
  test.nop: []
