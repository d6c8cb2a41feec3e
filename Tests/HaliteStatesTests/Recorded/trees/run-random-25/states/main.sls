include:
- dir.x
- dir
id0:
  test.fail_without_changes:
  - watch:
    - test: id0
  - aggregate: true
id1:
  test.succeed_with_changes:
  - require:
    - test: id3
  - no_log: true
id2:
  test.succeed_without_changes:
  - require_in:
    - test: nmid2
    - test: id*
id4:
  test.succeed_without_changes:
  - onfail_in:
    - test.succeed_with_changes: id1
  - require_in:
    - id3
    - id: id2
