include:
- a
id1:
  test.succeed_with_changes:
  - require:
    - id1
  - watch:
    - test: id2
  - skip_req: true
  - prereq:
    - id: id0
id2:
  test.fail_without_changes:
  - no_log: true
  - onfail_all:
    - test: id2
    - test: id0
  - onchanges_in:
    - id1
