base:
  '*':
    - a
    - absent
