include:
  - first

# Functions that merge give copies, and what was compiled anew is not the pillar of the run.
second:
  test.nop:
    - all: {{ [pillar.site, salt['pillar.get']('site')] | json }}
