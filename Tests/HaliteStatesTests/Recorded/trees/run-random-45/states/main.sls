id0:
  test.succeed_without_changes:
  - onchanges:
    - test: id2
  - listen:
    - test: id5
  - listen_in:
    - test: id1
id1:
  test.succeed_with_changes:
  - onchanges:
    - test: id4
    - test: id5
  - watch:
    - test: id5
    - test: nothere
id2:
  test.fail_with_changes:
  - retry:
      attempts: 2
      interval: 0
id3:
  test.fail_without_changes: []
id4:
  test.fail_without_changes:
  - require:
    - test: id5
    - id: id6
  - onfail_any:
    - id1
id5:
  test.configurable_test_state:
  - changes: true
  - result: true
  - comment: c
  - names:
    - n1
    - n3:
      - comment: zz
id6:
  test.fail_with_changes:
  - watch_any:
    - test: id2
    - test: id3
  - require:
    - test: id1
