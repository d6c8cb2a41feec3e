id2:
  test.succeed_with_changes:
  - require:
    - test: id1
  - onfail_all:
    - sls: dir
    - test: id1
id3:
  test.succeed_without_changes:
  - onchanges:
    - test: id3
    - test: id2
  - onfail_any:
    - test: id1
    - test: id1
  - names:
    - n3
    - n2
  - aggregate: true
