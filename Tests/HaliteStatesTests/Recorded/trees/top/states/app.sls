include: [common]
app:
  test.nop:
    - require_in:
      - test: common
