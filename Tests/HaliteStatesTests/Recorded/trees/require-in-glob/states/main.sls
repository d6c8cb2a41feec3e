part-1:
  test.nop: []
part-2:
  test.nop: []
early:
  test.nop:
    - require_in:
      - test: part-*
