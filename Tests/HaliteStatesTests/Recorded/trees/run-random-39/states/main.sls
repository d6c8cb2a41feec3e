id0:
  test:
  - comment: c
  - configurable_test_state
  - reload_grains: true
  - onfail_stop: false
  - result: true
  - watch:
    - cmd: id3
    - test: id3
  - unless:
    - 'false'
    - 'true'
  - require_any:
    - test: id1
    - id: id0
  - onfail_in:
    - test: id1
  - changes: true
id1:
  test.succeed_without_changes: []
id2:
  test:
  - unless:
    - fun: test.true
  - onlyif: 'true'
  - failhard: true
  - nop
id3:
  test:
  - onfail_any:
    - test: id1
  - succeed_with_changes
