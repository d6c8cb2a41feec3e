include:
- a
id1:
  test.configurable_test_state:
  - comment: c
  - result: false
  - changes: false
  - require:
    - id3
    - test: id2
  - watch:
    - test: id5
    - id4
id4:
  test.succeed_with_changes:
  - prereq:
    - test: id5
