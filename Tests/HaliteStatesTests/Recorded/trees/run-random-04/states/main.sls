id0:
  test.succeed_without_changes:
  - onfail_stop: false
id1:
  test:
  - onfail_all:
    - test: id2
  - order: x
  - succeed_without_changes
id2:
  test.nop:
  - aggregate: true
  - onfail:
    - test: id4
    - test: id3
  - listen:
    - id4
  - name: nmid2
id3:
  test.fail_without_changes: []
id4:
  test.nop:
  - prereq:
    - test: nmid2
    - test: id2
  - watch:
    - test: id4
    - test: nothere
  - onchanges:
    - id0
  - onfail_any:
    - test: id3
    - id2
