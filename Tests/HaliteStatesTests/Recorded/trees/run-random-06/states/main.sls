include:
- dir
- dir.x
- b
id1:
  test.nop:
  - onchanges:
    - test: id1
    - sls: b
  - onfail_in:
    - test: id2
    - test: id3
  - require:
    - test: id0
    - test: id3
id2:
  test.show_notification:
  - watch:
    - test: id2
    - test: nmid2
  - names:
    - n4
    - n1
    - n3
  - text: t
