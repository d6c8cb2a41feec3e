a:
  test.nop: []
b:
  test.configurable_test_state:
    - test: True
