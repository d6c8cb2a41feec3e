include: [base]
extend:
  x:
    test:
      - name: from-a
