id0:
  test.configurable_test_state:
  - changes: true
  - result: false
  - listen_in:
    - id3
  - order: 1
  - comment: c
id4:
  test.fail_with_changes:
  - listen_in:
    - id: id6
    - test: id3
  - names:
    - n4
    - n3
    - n2
  - check_cmd:
    - 'true'
id6:
  test.fail_without_changes:
  - names:
    - n1
    - n3
    - n2
  - onlyif: 'true'
  - onfail:
    - id: id0
