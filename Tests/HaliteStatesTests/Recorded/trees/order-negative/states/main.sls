a:
  test.nop:
    - order: -2
b:
  test.nop:
    - order: -1
c:
  test.nop: []
d:
  test.nop:
    - order: last
