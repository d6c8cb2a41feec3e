one:
  test.nop.more: []
