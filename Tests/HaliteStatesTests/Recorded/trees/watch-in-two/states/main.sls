service:
  test.nop: []
one:
  test.succeed_with_changes:
    - watch_in:
      - test: service
two:
  test.succeed_with_changes:
    - watch_in:
      - test: service
