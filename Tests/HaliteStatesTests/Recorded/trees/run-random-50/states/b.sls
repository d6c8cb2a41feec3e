id3:
  test.succeed_without_changes:
  - onlyif: 'true'
  - onchanges:
    - id5
    - test: id3
