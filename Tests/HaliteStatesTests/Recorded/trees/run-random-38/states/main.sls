id0:
  test:
  - names:
    - n4
  - fail_with_changes
  - onfail_any:
    - id1
    - id: id2
  - retry:
      attempts: 2
      interval: 0
id1:
  test.nop: []
id2:
  test.fail_without_changes:
  - onchanges_in:
    - id4
    - test: nmid0
  - watch_any:
    - id3
id3: test.fail_with_changes
id4:
  test.succeed_with_changes:
  - watch:
    - test: id2
id5:
  test.nop:
  - names:
    - n1
    - n3
    - n4
  - onfail_any:
    - id2
  - require:
    - test: id0
