a:
  test.nop:
    - require:
      - test: b
      - test: c
b:
  test.fail_without_changes: []
c:
  test.fail_with_changes: []
