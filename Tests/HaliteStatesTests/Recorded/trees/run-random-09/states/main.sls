id1:
  test:
  - onfail_any:
    - test: id0
    - test: id1
  - nop
  - require_any:
    - test: id1
  - prereq_in:
    - id1
  - watch:
    - test: id1
