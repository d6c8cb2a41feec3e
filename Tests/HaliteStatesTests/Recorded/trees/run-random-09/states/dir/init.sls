id0:
  test.succeed_without_changes:
  - onfail_stop: false
  - onchanges_any:
    - test: id2
    - test: id1
  - onfail_in:
    - sls: dir
    - test: id1
id2:
  test.fail_with_changes:
  - watch:
    - test.nop: id1
    - id2
  - require:
    - test: id2
    - test: id2
  - onchanges:
    - test: id1
    - test: id2
  - prereq_in:
    - id2
    - test: id1
extend:
  id2:
    test.fail_with_changes:
    - watch:
      - test: id2
