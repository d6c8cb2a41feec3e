include:
  - first
  - second

# Rendered before what it includes, and so before any change.
main:
  test.nop:
    - seen: {{ salt['pillar.get']('ports') | json }}
