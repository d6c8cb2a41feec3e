include:
- main
id3:
  test:
  - retry:
      attempts: 2
      interval: 0
      until: false
  - fail_without_changes
  - name: nmid3
id4:
  test.fail_with_changes:
  - use:
    - id1
  - name: nmid4
  - watch:
    - test: id4
