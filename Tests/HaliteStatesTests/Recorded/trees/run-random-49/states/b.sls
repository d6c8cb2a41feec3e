id2:
  test.fail_without_changes:
  - require:
    - id1
    - test: id3
id4:
  test.show_notification:
  - order: 1
  - listen:
    - test: id4
  - text: t
  - onfail_stop: false
  - onchanges:
    - test: id2
