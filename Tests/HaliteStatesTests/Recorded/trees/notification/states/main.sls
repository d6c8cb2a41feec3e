a:
  test.show_notification:
    - text: Hello
b:
  test.show_notification:
    - text: ""
