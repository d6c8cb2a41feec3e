id0:
  test.fail_without_changes:
  - require_in:
    - id0
    - sls: main
  - onchanges:
    - id: id4
    - test: id*
id1:
  test.fail_without_changes:
  - watch:
    - id3
    - sls: main
id2:
  test.nop:
  - failhard: true
  - require:
    - test: id3
id3:
  test.nop:
  - watch_any:
    - test: id3
id4:
  test.configurable_test_state:
  - result: true
  - listen:
    - test: id3
    - test: id*
  - changes: false
  - comment: c
