include:
- main
id1:
  test.succeed_without_changes:
  - watch_in:
    - test: id7
    - test: id6
  - require:
    - test: id7
    - cmd: id6
  - watch:
    - test: id6
    - sls: main
