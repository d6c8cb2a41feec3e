id4:
  test.succeed_with_changes:
  - onchanges:
    - test: id2
  - require_in:
    - sls: dir.y
    - id: id4
  - require:
    - id: id3
