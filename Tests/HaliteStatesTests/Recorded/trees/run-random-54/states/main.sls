id0: test.fail_without_changes
id1:
  test.fail_without_changes:
  - watch_in:
    - test: nmid1
  - require_any:
    - test: id2
  - watch:
    - test: id3
    - test: id3
id2:
  test.fail_with_changes:
  - onfail_any:
    - test: id2
    - test: id2
  - names:
    - n3
    - n1
id3:
  test.configurable_test_state:
  - comment: c
  - result: false
  - use_in:
    - id1
  - changes: false
