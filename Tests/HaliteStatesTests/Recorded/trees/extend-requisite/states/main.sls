include:
  - other
extend:
  theirs:
    test:
      - require:
        - test: mine
mine:
  test.nop: []
