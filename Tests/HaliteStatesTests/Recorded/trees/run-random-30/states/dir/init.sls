id4:
  test.configurable_test_state:
  - require:
    - sls: a
  - changes: false
  - onfail_any:
    - sls: b
  - comment: c
  - result: true
extend:
  id2:
    test:
    - require:
      - test: id3
