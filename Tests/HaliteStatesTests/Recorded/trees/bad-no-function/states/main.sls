one:
  test:
    - name: a
