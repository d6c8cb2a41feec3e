id0:
  test.nop:
  - require_in:
    - sls: b
  - watch:
    - test: id1
    - test: id1
id1:
  test:
  - require:
    - test: id2
  - nop
extend:
  id2:
    test:
    - watch:
      - test: id0
