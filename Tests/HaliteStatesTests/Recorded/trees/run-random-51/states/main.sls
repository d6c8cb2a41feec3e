include:
- dir.x
- b
- dir.y
id1:
  test.show_notification:
  - text: t
  - names:
    - n2
    - n3
  - watch:
    - id1
    - test: nmid0
id3:
  test.configurable_test_state:
  - changes: true
  - comment: c
  - result: true
  - watch_in:
    - test: id4
  - require_any:
    - test: id4
id4:
  test.fail_without_changes:
  - onchanges:
    - id: id3
    - test: id3
  - unless:
    - fun: test.true
  - require:
    - id3
  - onchanges_in:
    - sls: b
  - watch:
    - test: id2
    - id: id2
  - onfail_in:
    - id1
    - id: id1
  - failhard: true
