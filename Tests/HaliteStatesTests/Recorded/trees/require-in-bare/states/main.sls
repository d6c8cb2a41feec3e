late:
  test.nop: []
early:
  test.nop:
    - require_in:
      - late
