one:
  file.accumulated:
    - name: acc
    - filename: {{ pillar['work'] }}/f
    - text: [a, b, a]
    - require_in: [{file: f}]
two:
  file.accumulated:
    - name: acc
    - filename: {{ pillar['work'] }}/f
    - text: c
    - require_in: [{file: f}]
other:
  file.accumulated:
    - name: other
    - filename: {{ pillar['work'] }}/f
    - text: d
    - watch_in: [{file: f}]
orphan:
  file.accumulated:
    - name: "x"
    - filename: "{{ pillar['work'] }}/g"
    - text: "y"
f:
  file.managed:
    - name: {{ pillar['work'] }}/f
    - source: salt://t.j2
    - template: jinja
