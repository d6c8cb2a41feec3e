id0:
  test:
  - show_notification
  - onchanges:
    - test: id1
    - test.fail_without_changes: id2
  - onfail_in:
    - id: id1
  - text: t
  - listen_in:
    - test: id1
    - test: id0
  - watch:
    - test: id2
    - test: id1
id1:
  test.succeed_with_changes:
  - onchanges:
    - test: id2
    - test: id0
  - onfail_stop: false
id2:
  test:
  - prereq_in:
    - test: id1
    - test: id1
  - cmd_opts_exclude:
    - shell
  - name: nmid2
  - onchanges_in:
    - test: id1
    - id1
  - watch:
    - test: id1
  - fail_without_changes
  - no_log: true
  - retry:
      attempts: 2
      interval: 0
      until: false
extend:
  id1:
    test.succeed_with_changes:
    - watch:
      - test: nmid0
