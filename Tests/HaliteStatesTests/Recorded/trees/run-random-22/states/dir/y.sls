id2:
  test.fail_without_changes:
  - prereq_in:
    - sls: main
  - onfail_all:
    - test: id2
    - cmd: id1
  - onchanges:
    - test: id4
  - onfail_any:
    - test: id1
id4:
  test.fail_without_changes:
  - prereq:
    - test: id3
  - retry:
      attempts: 2
      interval: 0
  - listen:
    - id2
  - names:
    - n1
    - n2
