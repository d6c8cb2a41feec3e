include:
- dir
id4:
  test.succeed_with_changes:
  - prereq_in:
    - test: id4
id5:
  test.nop:
  - require:
    - test.succeed_with_changes: id0
  - names:
    - n1
    - n2
    - n3
  - require_any:
    - test: id3
