late:
  test.nop:
    - require:
      - test: the-name
early:
  test.nop:
    - name: the-name
