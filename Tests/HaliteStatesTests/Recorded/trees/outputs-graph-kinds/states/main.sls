first:
  test.succeed_with_changes: []
second:
  test.nop:
    - name: other name
    - require:
      - test: first
    - order: 1
third:
  test.succeed_without_changes:
    - watch:
      - test: first
      - id: second
    - onchanges_any:
      - test: first
      - test: second
fourth:
  test.nop:
    - prereq:
      - test: third
    - onfail_all:
      - test: first
      - test: second
fifth:
  cmd.run:
    - name: "echo 'a b'"
    - onfail:
      - fourth
    - require_any:
      - test: f*
    - listen:
      - test: first
