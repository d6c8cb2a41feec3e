id1:
  test.succeed_with_changes: []
id3:
  test.succeed_with_changes:
  - watch_in:
    - test: id0
id5:
  test:
  - require:
    - test: id5
    - test: id5
  - succeed_with_changes
