late:
  test.nop:
    - require:
      - test: part-*
part-1:
  test.nop: []
part-2:
  test.nop: []
other:
  test.nop: []
