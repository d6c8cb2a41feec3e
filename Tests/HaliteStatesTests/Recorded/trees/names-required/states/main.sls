many:
  test.nop:
    - names: [a, b]
after:
  test.nop:
    - require:
      - test: many
before:
  test.nop:
    - require_in:
      - test: many
