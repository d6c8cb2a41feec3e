include:
  - part
mine:
  test.nop:
    - require:
      - sls: part
late:
  test.nop:
    - watch:
      - sls: p*
