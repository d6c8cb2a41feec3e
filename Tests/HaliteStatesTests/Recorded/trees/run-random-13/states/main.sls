id0:
  test.nop:
  - listen:
    - test: id2
  - require:
    - test: id2
    - test: id5
id1: test.succeed_with_changes
id2:
  test.fail_without_changes:
  - use:
    - test: id2
  - onfail_in:
    - test: id5
    - id2
id3:
  test.succeed_without_changes:
  - retry:
      attempts: 2
      interval: 0
id4:
  test:
  - onchanges_in:
    - test: id4
  - nop
id5:
  test.fail_with_changes:
  - watch:
    - test: id1
    - test: id1
id6:
  test.fail_without_changes:
  - onchanges_in:
    - id: id3
