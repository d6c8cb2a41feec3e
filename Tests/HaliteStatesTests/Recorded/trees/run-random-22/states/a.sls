id1:
  test.succeed_with_changes:
  - fire_event: true
exclude:
- dir
