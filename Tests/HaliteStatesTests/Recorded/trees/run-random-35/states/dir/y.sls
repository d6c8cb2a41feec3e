id0:
  test.configurable_test_state:
  - result: false
  - onlyif:
    - fun: test.false
  - changes: false
  - require_any:
    - id1
  - onchanges:
    - test: id0
  - comment: c
  - name: nmid0
id1:
  test.fail_without_changes:
  - onchanges:
    - test: id1
  - onfail_any:
    - test: id0
    - test: id1
