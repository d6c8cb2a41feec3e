include:
- dir
id3:
  test.fail_without_changes:
  - prereq_in:
    - test: id2
