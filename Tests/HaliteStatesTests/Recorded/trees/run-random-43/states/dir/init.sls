include:
- b
- main
id0:
  test.nop:
  - onchanges_in:
    - id: id2
  - failhard: true
  - onchanges:
    - sls: dir
    - test: id2
id2:
  test.succeed_with_changes:
  - name: nmid2
