include:
- a
- dir.y
id2:
  test:
  - succeed_without_changes
  - require:
    - id3
    - test: id5
  - failhard: true
id3:
  test.show_notification:
  - text: t
  - onfail_any:
    - test: id1
