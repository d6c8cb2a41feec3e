id3:
  test.configurable_test_state:
  - cmd_opts_exclude:
    - shell
  - comment: c
  - result: true
  - changes: true
exclude:
- sls: b
