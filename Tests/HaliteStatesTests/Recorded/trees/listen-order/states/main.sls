a:
  test.succeed_without_changes:
    - listen:
      - test: c
b:
  test.nop: []
c:
  test.succeed_with_changes: []
d:
  test.nop: []
