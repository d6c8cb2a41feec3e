include:
- b
id5:
  test.succeed_without_changes:
  - watch_any:
    - test: id5
