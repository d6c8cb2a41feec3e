include:
- dir.y
- a
id0:
  test:
  - nop
id2:
  test:
  - succeed_with_changes
  - retry:
      attempts: 2
      interval: 0
      until: false
  - require_in:
    - test: id3
    - test: id1
id3:
  test.fail_with_changes: []
