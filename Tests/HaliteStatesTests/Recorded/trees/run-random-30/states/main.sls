include:
- dir
- a
- b
id0:
  test.succeed_with_changes:
  - watch:
    - test: id2
    - cmd: id4
  - names:
    - n3
