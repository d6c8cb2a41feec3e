a:
  test.succeed_with_changes:
    - order: 1
b:
  test.nop:
    - require:
      - test: a
