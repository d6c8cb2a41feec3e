a:
  test.nop:
    - listen:
      - test: nobody
