base:
  '*':
    - common
  'host*':
    - app
  'other':
    - other
