include:
- a
id0:
  test.nop:
  - require:
    - id0
  - cmd_opts_exclude:
    - shell
  - watch:
    - test: id4
    - test: id1
