zebra:
  test.nop:
    - order: 5
ant:
  test.nop:
    - order: 5
bear:
  test.succeed_without_changes:
    - order: 5
