id0:
  test.fail_without_changes:
  - onfail_in:
    - test: id1
  - onfail_any:
    - test: id0
  - name: nmid0
  - listen:
    - test: id1
id1:
  test.succeed_with_changes:
  - aggregate: true
  - failhard: true
  - require:
    - id3
id2:
  test.fail_with_changes:
  - require:
    - test: id2
  - require_any:
    - test: nmid4
  - name: nmid2
id3:
  test.fail_without_changes:
  - onfail:
    - sls: main
  - names:
    - n2
id4:
  test.succeed_with_changes:
  - require:
    - test: id4
    - test: id3
  - onchanges_any:
    - test: id4
    - id4
  - watch:
    - id2
    - test: id2
id5:
  test.fail_with_changes:
  - require:
    - test: id0
  - onchanges:
    - test: id5
  - use_in:
    - test: id1
  - onfail_all:
    - test: id2
  - names:
    - n3
    - n2
    - n1
extend:
  id5:
    test:
    - order: 7
