id1:
  test:
  - fail_with_changes
id2:
  test.fail_without_changes:
  - require:
    - sls: dir.x
  - onfail_any:
    - test: id2
    - test: id3
  - name: nmid2
id4:
  test.fail_with_changes:
  - onchanges:
    - test: id3
    - test: id0
  - require:
    - test: id1
    - test: nmid0
  - failhard: true
