id1:
  test.succeed_without_changes:
  - names:
    - n1
  - onfail_any:
    - id5
    - test: id4
id2:
  test.configurable_test_state:
  - changes: true
  - onchanges:
    - test: id2
    - test: id5
  - result: true
  - comment: c
id4:
  test.fail_without_changes:
  - onchanges_in:
    - test: id1
  - watch_any:
    - test: id0
    - test: id4
  - name: nmid4
