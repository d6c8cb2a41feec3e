first:
  test.nop: []
second:
  test.fail_without_changes: []
