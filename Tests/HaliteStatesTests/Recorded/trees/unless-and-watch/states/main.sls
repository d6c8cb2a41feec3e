a:
  test.succeed_with_changes: []
b:
  test.configurable_test_state:
    - result: True
    - changes: False
    - unless: "true"
    - watch:
      - test: a
