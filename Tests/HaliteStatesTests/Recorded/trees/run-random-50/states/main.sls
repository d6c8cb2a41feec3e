include:
- dir.y
id1:
  test.succeed_without_changes:
  - skip_req: true
  - require:
    - test: id0
    - id4
  - onfail_any:
    - id: id1
id4:
  test.succeed_without_changes:
  - watch:
    - test: id0
    - test: id5
  - onchanges:
    - id4
  - onlyif: 'false'
id5:
  test.fail_without_changes:
  - watch_in:
    - id1
    - test: id4
  - unless:
    - fun: test.true
  - require:
    - test: id4
id6:
  test:
  - succeed_without_changes
  - prereq:
    - id: id1
    - test: id0
id7:
  test:
  - require:
    - test: id3
  - prereq_in:
    - sls: main
  - nop
