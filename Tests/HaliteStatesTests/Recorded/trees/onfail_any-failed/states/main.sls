late:
  test.configurable_test_state:
    - result: True
    - changes: False
    - onfail_any:
      - test: early
early:
  test.fail_without_changes: []
last:
  test.nop: []
