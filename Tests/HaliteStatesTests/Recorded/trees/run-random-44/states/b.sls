include:
- dir.y
- main
id2:
  test:
  - succeed_without_changes
  - listen_in:
    - sls: dir.y
    - test: id5
