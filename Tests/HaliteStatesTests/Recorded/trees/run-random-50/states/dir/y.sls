id0:
  test.fail_with_changes:
  - require_any:
    - test: id2
    - test: id0
  - unless: 'false'
id2:
  test.nop:
  - require:
    - test: id3
  - names:
    - n3
