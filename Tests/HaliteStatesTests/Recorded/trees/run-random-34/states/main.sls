include:
- dir.x
- a
id1:
  test.nop:
  - use:
    - test: id2
  - onchanges:
    - test: id2
    - test: id1
  - onfail_in:
    - sls: a
    - test: id1
  - require:
    - test: id1
  - watch_in:
    - test: id0
    - test: id0
