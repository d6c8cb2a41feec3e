include:
- main
id1: test.nop
id2:
  test.show_notification:
  - watch_in:
    - test: id4
    - test: id3
  - onchanges:
    - test: id5
    - id: id3
  - text: t
