include:
  - other
mine:
  test.nop:
    - require:
      - sls: other
extend:
  second:
    test:
      - order: last
