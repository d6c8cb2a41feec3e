base:
  '*':
  - a
 - b
