include:
- main
id1:
  test.fail_with_changes:
  - watch_any:
    - test: id1
    - id1
  - require_in:
    - test: id3
    - id3
id4:
  test.succeed_with_changes:
  - name: nmid4
extend:
  id3:
    test:
    - order: 3
