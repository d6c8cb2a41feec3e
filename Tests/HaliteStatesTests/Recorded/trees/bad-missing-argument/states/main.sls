one:
  test.show_notification: []
two:
  test.nop: []
