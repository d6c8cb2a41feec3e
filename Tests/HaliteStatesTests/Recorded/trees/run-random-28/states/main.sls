id0:
  test:
  - text: t
  - show_notification
  - onchanges_in:
    - test: id7
    - sls: main
  - require:
    - test: id6
    - id0
id1: test.nop
id2:
  test.show_notification:
  - text: t
  - no_log: true
id3:
  test:
  - succeed_with_changes
  - listen_in:
    - id0
  - use_in:
    - test: id7
id4:
  test.succeed_without_changes:
  - onfail_any:
    - id: id1
id5:
  test.fail_without_changes:
  - names:
    - n4
    - n2
  - require:
    - id: id1
    - test: id5
  - onchanges_any:
    - test: id6
id6:
  test:
  - failhard: true
  - require:
    - id2
  - watch_any:
    - test: id3
    - id1
  - fail_without_changes
id7:
  test:
  - order: x
  - names:
    - n2
  - fail_without_changes
  - require_any:
    - test: id5
