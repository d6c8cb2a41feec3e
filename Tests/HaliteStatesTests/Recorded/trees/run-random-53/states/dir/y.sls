id0:
  test:
  - fail_without_changes
  - prereq:
    - id5
    - test: id0
  - watch_any:
    - test: id1
id4:
  test.succeed_with_changes:
  - require:
    - test: id1
    - test: id2
  - require_any:
    - test: id4
    - test: id5
