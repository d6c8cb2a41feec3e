one:
  test.nop: []
two:
  test.configurable_test_state:
    - changes: False
    - result: True
    - comment: as told
