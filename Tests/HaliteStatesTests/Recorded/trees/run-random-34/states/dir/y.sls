include:
- .x
- a
id0:
  test.fail_without_changes:
  - prereq:
    - test: id1
    - test: id2
id2:
  test:
  - succeed_with_changes
  - onchanges:
    - id0
  - watch_any:
    - test: nothere
  - name: nmid2
