a:
  test.fail_without_changes: []
b:
  test.succeed_with_changes: []
c:
  test.nop:
    - require_any:
      - test: a
      - test: b
d:
  test.nop:
    - onchanges_any:
      - test: a
      - test: b
e:
  test.nop:
    - onfail_any:
      - test: a
      - test: b
f:
  test.nop:
    - onfail_all:
      - test: a
      - test: b
