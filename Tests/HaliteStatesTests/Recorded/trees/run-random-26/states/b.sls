include:
- dir
id0:
  test.succeed_without_changes:
  - require_in:
    - id: id2
    - test: id1
  - onfail_all:
    - test: id2
    - test: id1
  - unless:
    - fun: test.true
