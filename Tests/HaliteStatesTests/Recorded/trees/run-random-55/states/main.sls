id0:
  test.fail_with_changes:
  - unless: 'false'
id1:
  test.fail_with_changes:
  - unless: 'false'
  - watch_in:
    - test: id3
  - require:
    - test: id4
id2:
  test.succeed_with_changes:
  - require:
    - id: id0
    - test: id2
  - require_any:
    - test: id2
    - id3
id3:
  test.succeed_with_changes:
  - watch:
    - id1
id4:
  test.fail_without_changes:
  - require:
    - test: id0
  - failhard: true
exclude:
- sls: main
