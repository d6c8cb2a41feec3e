id0:
  test:
  - fail_without_changes
  - prereq:
    - test: id1
