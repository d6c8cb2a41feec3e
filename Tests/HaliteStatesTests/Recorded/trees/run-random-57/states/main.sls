include:
- dir.x
id1:
  test.fail_with_changes:
  - require:
    - test: id0
id3:
  test.nop:
  - listen_in:
    - id: id4
