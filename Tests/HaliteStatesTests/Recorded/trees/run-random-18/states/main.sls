include:
- dir.x
- dir.y
id0:
  test.fail_without_changes:
  - skip_req: true
  - onfail:
    - test: id0
    - test: id0
id1:
  test:
  - listen:
    - test: id2
    - test: id1
  - succeed_without_changes
id2:
  test:
  - onchanges:
    - id1
    - id: id1
  - show_notification
  - retry:
      attempts: 2
      interval: 0
  - text: t
