include:
  - other
mine:
  test.nop:
    - require:
      - sls: other
