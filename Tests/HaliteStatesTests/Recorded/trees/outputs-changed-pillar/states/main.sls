include:
  - first
  - second

main:
  test.configurable_test_state:
    - changes: False
    - result: True
    - comment: {{ salt['pillar.get']('ports') | json }}
