include:
- b
id5:
  test.succeed_without_changes:
  - name: nmid5
  - require_in:
    - id4
    - cmd: id2
