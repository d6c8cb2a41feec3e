zero:
  test.nop: []
base:
  test.configurable_test_state:
    - result: True
    - changes: False
    - require:
      - test: zero
user:
  test.configurable_test_state:
    - use:
      - test: base
