include:
- dir.x
- b
id0:
  test.configurable_test_state:
  - comment: c
  - changes: true
  - result: false
id2:
  test.configurable_test_state:
  - changes: true
  - onfail:
    - test: id5
    - test: id3
  - comment: c
  - require:
    - test: id1
  - result: false
id4: test.nop
