id0:
  test.succeed_without_changes:
  - retry:
      attempts: 2
      interval: 0
id4:
  test:
  - onfail:
    - id: id0
    - test: id3
  - watch:
    - test: id0
    - sls: main
  - fail_without_changes
  - prereq_in:
    - sls: b
    - test: id5
  - require_any:
    - test: id4
