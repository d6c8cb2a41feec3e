id0:
  test.succeed_with_changes:
  - onchanges:
    - id2
  - retry:
      attempts: 2
      interval: 0
      until: false
id1:
  test.nop:
  - unless:
    - 'false'
    - 'true'
  - names:
    - n2
    - n1
id2:
  test.succeed_with_changes:
  - onfail:
    - sls: main
    - cmd: id1
  - names:
    - n1
    - n2
    - n4
id3: test.fail_without_changes
