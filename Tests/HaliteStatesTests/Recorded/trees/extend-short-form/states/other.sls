theirs:
  test.nop:
    - name: original
