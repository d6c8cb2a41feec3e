one: two
three:
  test:
    - name: a
four:
  - test.nop
