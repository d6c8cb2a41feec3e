a:
  test.succeed_with_changes:
    - onlyif: "true"
    - unless: "true"
b:
  test.succeed_with_changes:
    - onlyif: "true"
    - unless: "false"
