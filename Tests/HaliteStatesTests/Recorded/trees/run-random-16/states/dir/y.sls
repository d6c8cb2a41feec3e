id0:
  test.succeed_without_changes: []
id4:
  test.nop:
  - cmd_opts_exclude:
    - shell
