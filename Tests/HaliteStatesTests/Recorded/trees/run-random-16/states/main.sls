include:
- dir.y
id1:
  test.fail_without_changes:
  - require:
    - id: id0
  - watch:
    - test: id2
    - test: id4
id2:
  test.nop:
  - require:
    - id2
  - prereq:
    - test: id2
    - test: id2
id3:
  test.succeed_without_changes:
  - onchanges_any:
    - id4
    - test: id0
