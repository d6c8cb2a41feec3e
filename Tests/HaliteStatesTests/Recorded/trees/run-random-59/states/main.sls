include:
- dir.x
- dir
id0:
  test.succeed_without_changes:
  - onfail_stop: false
  - watch:
    - test: id4
    - test: id6
  - order: 1
id6:
  test:
  - onfail_in:
    - id: id5
    - test: id6
  - fail_with_changes
