id0:
  test:
  - succeed_with_changes
  - require_any:
    - test.succeed_with_changes: id0
  - require:
    - test: id4
id1:
  test.fail_with_changes:
  - onchanges_in:
    - sls: main
id2: test.fail_with_changes
id3:
  test.succeed_without_changes: []
id4:
  test.succeed_without_changes:
  - order: -1
  - failhard: true
  - names:
    - n3
    - n1
