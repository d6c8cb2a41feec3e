id1:
  test.nop:
  - watch_in:
    - test: id1
    - test: id6
  - onchanges:
    - test: id0
    - test: id2
  - name: nmid1
  - listen_in:
    - id: id0
  - onfail_stop: false
id5:
  test.show_notification:
  - text: t
  - name: nmid5
extend:
  id4:
    test:
    - watch:
      - test: id0
