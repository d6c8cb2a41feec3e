one:
  test.nop:
    name: spelled
    order: 3
