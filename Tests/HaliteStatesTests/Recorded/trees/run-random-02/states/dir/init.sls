include:
- dir.x
id2:
  test.fail_with_changes:
  - onfail_in:
    - id1
    - sls: main
  - onchanges_any:
    - id: id2
    - test: id2
