one:
  test.nop
two:
  test.succeed_without_changes
