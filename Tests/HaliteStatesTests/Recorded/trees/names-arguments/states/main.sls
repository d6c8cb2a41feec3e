many:
  test.configurable_test_state:
    - result: True
    - changes: False
    - comment: shared
    - names:
      - a
      - b:
        - comment: own
      - c:
        - changes: True
