id1:
  test.succeed_with_changes: []
id3:
  test:
  - onchanges_in:
    - id4
  - umask: zz
  - nop
  - watch:
    - test: id2
    - id3
