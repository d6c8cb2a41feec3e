include:
- main
- dir.y
id2: test.fail_with_changes
id6:
  test.fail_without_changes:
  - onchanges:
    - test: id3
    - test: id7
  - onchanges_any:
    - test: id5
id7:
  test.succeed_without_changes:
  - require_in:
    - id1
    - test: id4
  - require:
    - test.succeed_without_changes: id1
    - sls: dir.y
  - names:
    - n4
  - watch:
    - test: id0
    - sls: dir
