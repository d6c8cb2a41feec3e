include:
- b
- dir.y
- dir.x
id1:
  test.fail_without_changes:
  - watch_in:
    - id4
  - onfail_any:
    - test: id2
id3:
  test:
  - watch_in:
    - test: id4
  - succeed_with_changes
id5:
  test.succeed_without_changes:
  - name: nmid5
  - aggregate: true
  - prereq:
    - id3
  - order: 10002
  - watch:
    - test: id2
    - sls: b
