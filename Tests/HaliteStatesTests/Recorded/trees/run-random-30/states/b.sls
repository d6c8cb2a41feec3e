include:
- dir
- a
id1:
  test.configurable_test_state:
  - comment: c
  - changes: true
  - cmd_opts_exclude:
    - shell
  - result: true
id2:
  test.succeed_without_changes:
  - aggregate: true
  - watch:
    - test: id3
    - test: id2
exclude:
- id: id1
