{% set names = ['a', 'b'] %}
{% for name in names %}
state-{{ name }}:
  test.nop:
    - name: {{ name }} of {{ sls }} {{ tplfile.split('/')[-1] }} {{ saltenv }}
{% endfor %}
