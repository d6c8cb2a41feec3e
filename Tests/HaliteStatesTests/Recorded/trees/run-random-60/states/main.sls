include:
- dir.y
- a
- b
id5:
  test.fail_with_changes:
  - watch_any:
    - id3
