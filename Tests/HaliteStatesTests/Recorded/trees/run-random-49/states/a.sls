id0:
  test.nop:
  - require:
    - test: id3
  - onfail_any:
    - id: id1
    - test: id1
  - onchanges:
    - test: id1
    - id3
id1:
  test.fail_without_changes:
  - name: nmid1
  - onchanges_in:
    - test: id4
    - id0
  - onchanges:
    - id: id3
    - test: id1
id3: test.succeed_with_changes
