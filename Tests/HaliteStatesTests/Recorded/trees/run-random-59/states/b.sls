id5:
  test:
  - succeed_without_changes
  - failhard: true
  - onlyif:
    - fun: test.false
  - require:
    - test: id4
    - test: id6
  - names:
    - n3
    - n4
  - require_any:
    - test: nmid0
    - sls: dir
  - onfail:
    - test.succeed_without_changes: id0
