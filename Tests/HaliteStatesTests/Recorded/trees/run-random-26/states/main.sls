include:
- dir
- base: b
extend:
  id0:
    test:
    - watch:
      - test: id0
