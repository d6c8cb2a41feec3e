one:
  test.nop:
    - name:
