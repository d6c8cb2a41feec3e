id0:
  test:
  - onlyif: 'false'
  - onfail_all:
    - test: id3
  - fail_without_changes
  - unless: 'true'
  - watch:
    - test: id1
    - id0
id1:
  test.configurable_test_state:
  - comment: c
  - changes: false
  - result: true
  - watch_any:
    - id: id2
    - test: id4
id2:
  test.fail_without_changes:
  - onchanges:
    - id3
  - watch:
    - test: id3
    - sls: main
id3:
  test:
  - names:
    - n3
  - onfail_any:
    - test: id1
  - nop
  - require_in:
    - id: id0
id4:
  test.succeed_with_changes:
  - watch_any:
    - test: id4
    - id0
  - failhard: true
  - onfail_all:
    - test: id2
  - onchanges:
    - id3
    - test: id4
