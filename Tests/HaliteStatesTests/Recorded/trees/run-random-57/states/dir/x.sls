id0:
  test:
  - succeed_without_changes
  - name: nmid0
id2:
  test.configurable_test_state:
  - changes: true
  - result: false
  - require:
    - test: id2
    - cmd: id4
  - use_in:
    - test: id3
  - comment: c
  - watch:
    - sls: main
    - test: id2
  - prereq_in:
    - sls: main
id4:
  test.fail_without_changes:
  - no_log: true
  - names:
    - n1
    - n2
    - n3
