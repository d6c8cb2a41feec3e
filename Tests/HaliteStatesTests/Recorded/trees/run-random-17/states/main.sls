id0:
  test.succeed_with_changes:
  - name: nmid0
  - onfail_in:
    - test: id0
  - onchanges_any:
    - test.succeed_with_changes: id0
id1:
  test.succeed_without_changes:
  - onchanges:
    - test: id0
    - test: id2
id2:
  test.nop:
  - onfail_all:
    - test: id4
id3:
  test.succeed_without_changes:
  - prereq_in:
    - test: nothere
  - onchanges:
    - test: id1
    - test: id0
  - watch:
    - test: id0
  - require_any:
    - id: id4
id4:
  test:
  - require:
    - test: id1
  - nop
  - names:
    - n1
  - watch:
    - test: id0
    - test: id3
