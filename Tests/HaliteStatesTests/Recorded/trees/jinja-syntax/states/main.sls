one:
  test.nop:
    - name: {% if %}
