base:
  'host':
    - z
    - order: 2
  '*':
    - y
    - order: 1
