include:
  - other
mine:
  test.nop:
    - require_in:
      - sls: other
