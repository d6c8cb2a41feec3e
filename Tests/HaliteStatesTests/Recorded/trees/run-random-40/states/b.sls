include:
- dir.y
- base: main
id6:
  test.fail_without_changes:
  - onchanges_any:
    - test: id5
  - names:
    - n1
extend:
  id6:
    test:
    - watch:
      - test: id4
