id2:
  test.show_notification:
  - text: t
  - onchanges_in:
    - test: id5
    - test: id4
id4: test.fail_with_changes
