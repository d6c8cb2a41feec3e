include:
- b
id0:
  test.succeed_with_changes:
  - require_in:
    - test: id5
  - require:
    - test: id0
  - onchanges:
    - test: id5
    - sls: b
id1:
  test.nop:
  - onchanges_in:
    - id: id2
  - failhard: true
id4:
  test.succeed_with_changes: []
