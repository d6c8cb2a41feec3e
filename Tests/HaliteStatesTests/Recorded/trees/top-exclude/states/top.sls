base:
  '*':
    - common
    - app
    - other
