include:
- base: dir.x
id1:
  test.succeed_with_changes:
  - prereq:
    - test: nmid5
  - name: nmid1
id3: test.succeed_without_changes
id6:
  test.nop:
  - prereq:
    - test: id0
    - test: id0
  - name: nmid6
