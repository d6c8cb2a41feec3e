include:
- dir.y
id0:
  test.configurable_test_state:
  - comment: c
  - changes: false
  - onchanges_in:
    - id3
  - listen_in:
    - test: id1
    - test: id2
  - result: true
  - watch_any:
    - test: id2
    - sls: main
  - require_in:
    - test: id0
id1:
  test:
  - nop
