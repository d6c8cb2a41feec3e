id0:
  test.show_notification:
  - require:
    - id2
  - text: t
  - require_any:
    - test: id1
  - onfail_stop: false
  - prereq_in:
    - test: id1
