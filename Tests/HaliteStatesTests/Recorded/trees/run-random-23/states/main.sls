include:
- b
id0:
  test.fail_with_changes:
  - failhard: true
  - onchanges:
    - test.succeed_with_changes: id3
    - test: nmid1
  - name: nmid0
id2:
  test:
  - nop
  - order: -1
  - onfail_all:
    - sls: b
id3:
  test.succeed_with_changes:
  - require:
    - test: id1
  - onchanges:
    - test: id2
    - test: id1
  - require_any:
    - id6
    - test: id2
  - failhard: true
id4:
  test.nop:
  - watch:
    - id5
    - test: id7
  - failhard: true
id6:
  test.nop: []
id7:
  test.succeed_without_changes:
  - prereq:
    - test: id6
    - test: id4
  - onfail_in:
    - test: id6
