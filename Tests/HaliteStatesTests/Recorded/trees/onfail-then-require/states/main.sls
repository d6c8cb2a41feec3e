a:
  test.fail_without_changes: []
rescue:
  test.nop:
    - onfail:
      - test: a
after:
  test.nop:
    - require:
      - test: rescue
