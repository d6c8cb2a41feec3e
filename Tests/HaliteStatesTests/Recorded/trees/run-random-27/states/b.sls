id2:
  test:
  - show_notification
  - text: t
id3:
  test.nop:
  - name: nmid3
id5:
  test:
  - check_cmd:
    - 'false'
  - name: nmid5
  - require_in:
    - test: nmid5
  - succeed_with_changes
  - onchanges:
    - test: nmid2
