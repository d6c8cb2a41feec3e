include:
  - other
mine:
  test.nop:
    - onfail:
      - sls: other
