include:
  - other
extend:
  theirs:
    test.nop:
      - name: changed
