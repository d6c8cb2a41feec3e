id0:
  test.succeed_with_changes:
  - require_in:
    - test: id0
  - retry:
      attempts: 2
      interval: 0
      until: false
id2:
  test:
  - require_any:
    - test: id2
  - succeed_with_changes
  - onfail:
    - id0
    - id: id1
  - require:
    - test: id1
    - test: id2
