id1:
  test.fail_without_changes:
  - require:
    - test: id5
    - test: id6
  - watch_in:
    - test: id7
id2: test.succeed_with_changes
id7:
  test.show_notification:
  - names:
    - n2
    - n3
    - n1
  - text: t
  - onfail_all:
    - id4
    - test: id5
  - require_in:
    - test: id6
    - test: id0
  - watch:
    - id: id7
