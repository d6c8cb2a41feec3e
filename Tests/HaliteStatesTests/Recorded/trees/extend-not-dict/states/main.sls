extend:
  - theirs
mine:
  test.nop: []
