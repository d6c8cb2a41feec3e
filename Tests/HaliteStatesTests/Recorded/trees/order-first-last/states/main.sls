a:
  test.nop:
    - order: last
b:
  test.nop: []
c:
  test.nop:
    - order: first
d:
  test.nop:
    - order: last
e:
  test.nop:
    - order: 0
