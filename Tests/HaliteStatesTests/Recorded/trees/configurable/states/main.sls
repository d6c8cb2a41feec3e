a:
  test.configurable_test_state:
    - changes: True
    - result: False
    - comment: bad
b:
  test.configurable_test_state:
    - result: False
    - changes: False
    - warnings: careful
c:
  test.configurable_test_state:
    - result: True
    - changes: True
    - warnings:
      - one
      - two
d:
  test.configurable_test_state:
    - result: maybe
