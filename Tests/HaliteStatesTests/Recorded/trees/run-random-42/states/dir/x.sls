id1:
  test:
  - fail_without_changes
  - listen:
    - id: id2
  - names:
    - n4
    - n2
    - n1
  - watch:
    - id2
  - require_in:
    - test: id0
    - test: id1
