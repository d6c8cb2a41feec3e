one:
  test:
    - nop
    - name: spelled
