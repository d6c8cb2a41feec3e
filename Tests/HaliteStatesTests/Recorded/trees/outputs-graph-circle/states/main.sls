a:
  test.nop:
    - require:
      - test: b
      - test: nobody
b:
  test.nop:
    - onchanges:
      - test: a
c:
  test.nop:
    - require:
      - test: c
