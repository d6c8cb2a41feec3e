many:
  test.nop:
    - names: []
