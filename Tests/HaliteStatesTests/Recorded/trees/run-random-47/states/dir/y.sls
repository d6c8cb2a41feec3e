include:
- main
extend:
  id1:
    test.fail_with_changes:
    - order: 7
