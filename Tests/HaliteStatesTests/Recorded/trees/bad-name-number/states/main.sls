one:
  test.nop:
    - name: 42
