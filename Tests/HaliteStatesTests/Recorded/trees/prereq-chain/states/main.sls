stop:
  test.succeed_with_changes:
    - prereq:
      - test: install
install:
  test.succeed_with_changes: []
start:
  test.succeed_with_changes:
    - require:
      - test: install
