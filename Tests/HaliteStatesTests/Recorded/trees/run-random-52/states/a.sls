include:
- main
id0:
  test.fail_without_changes:
  - onchanges:
    - id1
  - watch:
    - id4
    - test: id3
  - watch_any:
    - test: id4
    - test: id4
id2:
  test.fail_with_changes: []
id3:
  test.succeed_without_changes:
  - onchanges:
    - test: id4
id4:
  test.fail_with_changes:
  - name: nmid4
  - require_in:
    - test: id4
    - id: id2
  - listen_in:
    - test: id5
id5:
  test.succeed_without_changes:
  - retry:
      attempts: 2
      interval: 0
      until: false
