include:
- dir.y
- dir
- b
id2:
  test.succeed_with_changes:
  - onchanges:
    - test: id0
    - test: id3
