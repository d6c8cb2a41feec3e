many:
  test.nop:
    - names:
      - a
      - b
      - c
