the-id:
  test.nop: []
other:
  test.nop:
    - name: spelled
