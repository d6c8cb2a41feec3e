a:
  test.nop:
    - order: 3
b:
  test.nop: []
c:
  test.nop:
    - order: 1
d:
  test.nop:
    - order: -1
