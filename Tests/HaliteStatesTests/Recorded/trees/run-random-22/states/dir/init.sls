id0:
  test.show_notification:
  - check_cmd:
    - 'false'
  - watch_any:
    - test: id*
    - id: id3
  - text: t
  - onchanges_in:
    - test: nmid4
id3:
  test.nop:
  - onchanges_any:
    - id2
    - id4
  - require:
    - test: id4
  - watch:
    - test: id2
