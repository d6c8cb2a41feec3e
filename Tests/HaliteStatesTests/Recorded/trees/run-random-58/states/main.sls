id0:
  test.succeed_without_changes:
  - names:
    - n1
    - n4
  - onfail:
    - test: id0
    - test: id6
  - listen:
    - test: id6
    - id3
id1:
  test.fail_without_changes:
  - onfail_all:
    - id6
id2:
  test.fail_without_changes:
  - require:
    - test: id2
    - test: nmid1
  - listen:
    - test: id3
    - test: id4
id3:
  test.succeed_without_changes:
  - name: nmid3
  - listen_in:
    - sls: main
  - watch:
    - test: id0
  - umask: '077'
id4:
  test.nop:
  - prereq:
    - test: id3
    - sls: main
  - cmd_opts_exclude:
    - shell
id5:
  test.succeed_without_changes:
  - watch:
    - test: id*
  - require:
    - test: id5
    - test: id1
id6:
  test.succeed_with_changes:
  - onchanges:
    - test: id5
