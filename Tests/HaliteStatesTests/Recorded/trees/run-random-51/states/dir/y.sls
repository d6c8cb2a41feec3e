include:
- b
id0:
  test.succeed_without_changes:
  - onfail:
    - test: id2
    - id3
  - onchanges:
    - test: id1
  - order: first
  - onchanges_any:
    - test: id2
    - test: id4
id2:
  test:
  - onfail_all:
    - test: id4
  - succeed_with_changes
  - require:
    - test: id1
    - test: id2
