one:
  test.nofunction: []
two:
  test.nop:
    - require:
      - test: one
