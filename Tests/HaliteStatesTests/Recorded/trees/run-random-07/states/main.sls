id0:
  test.configurable_test_state:
  - result: true
  - onchanges:
    - test: id1
    - test.configurable_test_state: id0
  - changes: false
  - name: nmid0
  - comment: c
id1:
  test:
  - order: 1
  - nop
  - watch_any:
    - id: id1
  - onchanges:
    - test: id0
id2:
  test.succeed_without_changes:
  - onchanges:
    - cmd: id0
  - name: nmid2
  - require:
    - id1
    - id1
  - watch_in:
    - test: id1
    - test: id0
  - watch:
    - sls: main
    - id: id2
