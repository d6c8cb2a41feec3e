id0:
  test.show_notification:
  - text: t
  - require:
    - sls: a
  - onchanges:
    - id5
id2:
  test:
  - failhard: true
  - changes: false
  - name: nmid2
  - watch:
    - test: id1
    - test: id1
  - result: true
  - configurable_test_state
  - comment: c
