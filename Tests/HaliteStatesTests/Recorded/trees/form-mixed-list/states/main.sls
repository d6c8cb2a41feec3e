one:
  test.nop:
    - name: a
    - just-text
