both:
  test.nop: []
  cmd.run:
    - name: "true"
