include:
- dir.x
- a
id3:
  test:
  - fail_without_changes
  - watch_any:
    - test: id2
  - check_cmd:
    - 'false'
  - failhard: true
id4:
  test.show_notification:
  - order: x
  - text: t
  - onchanges_in:
    - test: id4
    - test: id3
  - require:
    - id2
  - onfail_all:
    - test: id0
id5:
  test.configurable_test_state:
  - result: false
  - no_log: true
  - name: nmid5
  - changes: true
  - require:
    - test: id3
    - test: id6
  - comment: c
extend:
  id2:
    test:
    - watch:
      - test: id7
