include:
- dir
- dir.y
id0:
  test.succeed_with_changes:
  - onchanges_in:
    - test: nmid2
id3:
  test.fail_without_changes:
  - watch_any:
    - test: id0
  - skip_req: true
  - names:
    - n2
id4:
  test.show_notification:
  - text: t
  - require:
    - test: id7
  - watch:
    - sls: dir
    - test: nmid2
  - listen:
    - test: id4
    - test: id4
id5:
  test.succeed_with_changes:
  - listen:
    - test: nmid5
  - require:
    - cmd: id2
    - id1
