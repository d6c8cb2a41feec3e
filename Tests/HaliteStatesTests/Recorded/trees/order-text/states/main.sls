a:
  test.nop:
    - order: "7"
b:
  test.nop: []
