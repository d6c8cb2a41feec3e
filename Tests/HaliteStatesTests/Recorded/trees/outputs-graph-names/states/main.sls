many:
  test.nop:
    - names:
      - a
      - b:
        - require:
          - test: before
      - c
before:
  test.nop: []
after:
  test.nop:
    - require:
      - test: many
