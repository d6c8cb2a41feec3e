base:
  test.configurable_test_state:
    - name: spelled
    - result: True
    - changes: False
    - comment: from base
user:
  test.configurable_test_state:
    - changes: True
    - use:
      - test: base
