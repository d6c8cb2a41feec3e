include:
- a
id3:
  test.fail_without_changes:
  - order: 5
  - require:
    - test: id4
    - test: id2
  - watch:
    - test: id4
    - id3
  - onchanges_in:
    - id: id0
    - test: nmid2
id5:
  test.fail_with_changes:
  - onchanges:
    - test: id3
    - test: id3
  - onfail:
    - test: id5
    - test: id3
  - names:
    - n2
