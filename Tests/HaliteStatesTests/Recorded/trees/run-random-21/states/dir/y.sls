include:
- main
- a
id1:
  test.fail_without_changes:
  - require:
    - test: id2
  - prereq:
    - id1
id2:
  test.succeed_without_changes:
  - listen_in:
    - sls: main
    - test: id2
  - onfail_any:
    - test: id2
  - onchanges:
    - test: id2
