id0:
  test.succeed_without_changes:
  - onchanges:
    - test: nothere
id1:
  test.succeed_with_changes:
  - names:
    - n1
    - n3
    - n2
  - require:
    - cmd: id0
  - order: x
