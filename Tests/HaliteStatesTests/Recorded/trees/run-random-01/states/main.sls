id0:
  test.succeed_with_changes:
  - onfail_in:
    - test: id1
  - watch:
    - id2
    - id0
  - require:
    - test: id2
id1:
  test.succeed_with_changes:
  - onfail_any:
    - id3
  - watch:
    - test: id3
    - test: id1
