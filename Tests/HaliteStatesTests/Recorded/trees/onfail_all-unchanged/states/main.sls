late:
  test.configurable_test_state:
    - result: True
    - changes: False
    - onfail_all:
      - test: early
early:
  test.succeed_without_changes: []
