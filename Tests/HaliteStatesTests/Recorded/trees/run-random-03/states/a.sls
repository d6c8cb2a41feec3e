id1:
  test.fail_without_changes: []
id5:
  test.fail_with_changes:
  - prereq_in:
    - id: id1
  - onlyif:
    - fun: test.false
