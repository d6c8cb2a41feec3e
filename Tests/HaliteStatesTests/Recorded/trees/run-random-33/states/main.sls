id0:
  test.succeed_without_changes:
  - onfail_any:
    - test: id2
    - test: id2
  - onchanges:
    - cmd: id2
    - id0
  - onfail:
    - test: id2
    - test: id2
  - listen_in:
    - test: id0
    - test: id0
  - watch_any:
    - test: id0
    - test: id0
id1:
  test:
  - fail_with_changes
  - listen:
    - test: id2
  - name: nmid1
id2:
  test.nop:
  - retry:
      attempts: 2
      interval: 0
      until: false
  - name: nmid2
