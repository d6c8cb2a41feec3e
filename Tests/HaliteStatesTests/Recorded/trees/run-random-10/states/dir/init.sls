id2:
  test.fail_without_changes:
  - use:
    - id: id0
  - retry:
      attempts: 2
      interval: 0
  - cmd_opts_exclude:
    - shell
