include:
  - other
extend:
  theirs:
    test:
      - name: changed
      - order: 1
mine:
  test.nop: []
