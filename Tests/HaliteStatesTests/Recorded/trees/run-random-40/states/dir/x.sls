include:
- .y
- main
id0:
  test.fail_without_changes:
  - names:
    - n1
exclude:
- id: id4
