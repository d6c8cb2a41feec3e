base:
  'nobody':
    - a
