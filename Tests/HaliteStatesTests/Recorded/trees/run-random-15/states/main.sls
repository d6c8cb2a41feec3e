include:
- b
id1:
  test.fail_without_changes:
  - require_any:
    - test: id4
    - id0
id2:
  test.succeed_with_changes:
  - unless:
    - 'false'
    - 'true'
  - onchanges:
    - id3
    - id: id5
id3:
  test.succeed_without_changes:
  - prereq:
    - test: id1
    - test: id1
  - order: 10002
  - name: nmid3
id5:
  test.nop:
  - require:
    - test: id2
