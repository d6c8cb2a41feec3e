a:
  test.fail_without_changes: []
good:
  test.nop: []
rescue:
  test.nop:
    - require:
      - test: good
    - onfail:
      - test: a
