a:
  test.succeed_with_changes:
    - reload_modules: True
b:
  test.nop:
    - fire_event: True
