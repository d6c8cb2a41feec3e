id4:
  test.fail_without_changes:
  - onfail_all:
    - id0
    - id3
  - onchanges:
    - test: id*
    - test: id4
  - require:
    - id: id4
  - watch:
    - sls: main
    - test: id0
