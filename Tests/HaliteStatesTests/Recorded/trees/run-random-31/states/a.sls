include:
- dir.x
id1:
  test.configurable_test_state:
  - result: false
  - changes: true
  - comment: c
  - onchanges:
    - test: id2
    - id: id1
id2:
  test.succeed_with_changes:
  - prereq_in:
    - test: id2
    - id3
  - names:
    - n2
    - n4
id3:
  test.succeed_without_changes:
  - require_in:
    - test: id0
  - aggregate: true
  - watch:
    - test: id0
    - test: id0
