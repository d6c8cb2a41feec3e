id0:
  test:
  - name: nmid0
  - require_any:
    - test: id5
  - no_log: true
  - nop
id4:
  test.succeed_with_changes:
  - watch:
    - test: id0
    - test: id1
