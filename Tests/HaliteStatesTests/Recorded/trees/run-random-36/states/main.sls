id0: test.fail_with_changes
id1:
  test.succeed_with_changes:
  - watch_any:
    - id2
  - require:
    - test: id0
id2:
  test.nop:
  - require_any:
    - cmd: id2
    - test: id2
  - watch_in:
    - sls: main
  - listen_in:
    - test: id4
    - test: id0
  - aggregate: true
  - onchanges:
    - test: id3
id3:
  test.nop:
  - onfail:
    - test: id3
  - watch:
    - test: id4
    - sls: main
  - no_log: true
  - require_in:
    - test: id0
id4:
  test.succeed_with_changes:
  - require_any:
    - test: id2
  - watch:
    - test: id1
extend:
  id4:
    test:
    - watch:
      - id4
