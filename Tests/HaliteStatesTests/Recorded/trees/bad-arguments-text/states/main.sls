one:
  test.nop: text
