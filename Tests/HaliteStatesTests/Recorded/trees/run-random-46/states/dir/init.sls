id0:
  test:
  - onchanges:
    - test: id2
    - test: id3
  - require:
    - id: id4
    - sls: dir
  - order: -1
  - succeed_with_changes
  - require_any:
    - test: id2
    - test: id2
  - onfail_all:
    - id0
    - sls: dir
id3:
  test.fail_with_changes:
  - onchanges_any:
    - sls: main
  - name: nmid3
extend:
  id0:
    test.succeed_with_changes:
    - require:
      - cmd: id1
