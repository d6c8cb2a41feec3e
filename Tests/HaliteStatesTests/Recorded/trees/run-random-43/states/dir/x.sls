id1:
  test.succeed_without_changes:
  - watch_in:
    - test: nmid3
    - test: id4
  - use_in:
    - test: id2
  - onfail_stop: false
