include:
- b
- a
id1:
  test.fail_without_changes:
  - watch:
    - test: id4
id3:
  test.configurable_test_state:
  - changes: true
  - result: false
  - comment: c
  - unless:
    - 'false'
    - 'true'
  - use_in:
    - id3
  - require_any:
    - test: id5
    - sls: b
  - watch:
    - test: id6
