include:
- main
id0:
  test.fail_without_changes:
  - names:
    - n3
  - no_log: true
