include:
- dir.x
- dir
id3:
  test.succeed_without_changes:
  - require:
    - id: id0
  - retry:
      attempts: 2
      interval: 0
      until: false
