id2:
  test.succeed_with_changes:
  - onchanges:
    - id1
id3:
  test.succeed_with_changes:
  - failhard: true
