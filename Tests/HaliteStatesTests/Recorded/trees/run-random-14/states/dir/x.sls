include:
- main
id0:
  test.configurable_test_state:
  - result: false
  - onfail_all:
    - test: nothere
    - test: id4
  - watch:
    - test: id3
    - test: id2
  - onchanges_in:
    - id: id4
  - comment: c
  - changes: false
id1:
  test.succeed_without_changes:
  - name: nmid1
  - onchanges:
    - test: id0
    - test: nmid1
  - onlyif: 'true'
  - retry:
      attempts: 2
      interval: 0
      until: false
  - listen_in:
    - test: id0
    - test: id2
id2:
  test.fail_with_changes:
  - names:
    - n2
    - n1
  - require:
    - id2
    - cmd: id2
  - watch:
    - sls: dir
    - id1
id3:
  test.configurable_test_state:
  - onchanges:
    - id2
  - comment: c
  - names:
    - n4
  - changes: false
  - result: true
