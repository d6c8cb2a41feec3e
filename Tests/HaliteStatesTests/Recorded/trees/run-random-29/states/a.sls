id6:
  test:
  - umask: zz
  - fail_with_changes
  - onfail_all:
    - test: id1
    - test: id1
