extend:
  nobody:
    test:
      - name: x
mine:
  test.nop: []
