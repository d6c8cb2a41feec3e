a:
  test.succeed_without_changes:
    - listen:
      - test: b
b:
  test.succeed_with_changes: []
c:
  test.fail_without_changes:
    - failhard: True
