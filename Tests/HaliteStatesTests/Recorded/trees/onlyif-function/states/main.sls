a:
  test.succeed_with_changes:
    - onlyif:
      - fun: test.true
b:
  test.succeed_with_changes:
    - onlyif:
      - fun: test.false
c:
  test.succeed_with_changes:
    - unless:
      - fun: test.echo
        args:
          - text
d:
  test.succeed_with_changes:
    - unless:
      - fun: match.glob
        tgt: elsewhere
