elsewhere:
  '*':
    - a
base:
  '*':
    - a
