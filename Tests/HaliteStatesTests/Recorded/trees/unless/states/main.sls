a:
  test.succeed_with_changes:
    - unless: "true"
b:
  test.succeed_with_changes:
    - unless: "false"
c:
  test.succeed_with_changes:
    - unless:
      - "true"
      - "false"
d:
  test.succeed_with_changes:
    - unless:
      - "true"
      - "true"
e:
  test.nop:
    - require:
      - test: a
