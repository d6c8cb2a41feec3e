{% from 'lib/map.jinja' import wanted with context %}
one:
  test.nop:
    - name: {{ wanted }}
