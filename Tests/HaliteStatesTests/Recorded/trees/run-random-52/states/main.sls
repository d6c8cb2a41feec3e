include:
- a
id1:
  test.fail_without_changes: []
