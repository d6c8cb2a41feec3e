include:
- dir
id3:
  test.nop:
  - onfail_all:
    - id1
    - test: id1
  - onfail_any:
    - test: id3
    - id: id3
