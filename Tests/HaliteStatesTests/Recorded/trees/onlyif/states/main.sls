a:
  test.succeed_with_changes:
    - onlyif: "true"
b:
  test.succeed_with_changes:
    - onlyif: "false"
c:
  test.succeed_with_changes:
    - onlyif:
      - "true"
      - "false"
e:
  test.nop:
    - onchanges:
      - test: b
