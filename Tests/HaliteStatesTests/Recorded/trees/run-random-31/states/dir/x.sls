id0:
  test.show_notification:
  - text: t
  - onchanges:
    - id1
    - test: id0
  - listen_in:
    - test: nmid0
