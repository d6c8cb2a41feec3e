include:
- main
id1:
  test.fail_with_changes:
  - watch:
    - test.succeed_without_changes: id2
    - id2
  - require_any:
    - test: id2
    - test: id0
id2:
  test.succeed_without_changes:
  - names:
    - n3
    - n2
    - n4
  - onfail:
    - test: id1
  - use:
    - test: id0
  - require:
    - test: id2
