include:
- b
id3:
  test.nop:
  - onchanges_in:
    - test: id4
    - id3
  - watch:
    - test: nmid1
