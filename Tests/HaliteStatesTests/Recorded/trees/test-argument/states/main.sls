a:
  test.configurable_test_state:
    - changes: True
    - result: True
    - order: last
b:
  test.succeed_with_changes: []
