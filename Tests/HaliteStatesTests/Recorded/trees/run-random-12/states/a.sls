id0:
  test.succeed_without_changes:
  - listen_in:
    - id: id1
  - require_in:
    - test: id4
    - test.succeed_without_changes: id5
id2:
  test.nop:
  - require:
    - test: id2
    - test: id*
  - onfail_all:
    - test: id0
    - test: id1
id3: test.fail_without_changes
id5:
  test.succeed_without_changes: []
