f:
  file.managed:
    - name: {{ pillar['work'] }}/f
    - source: salt://t.j2
    - template: jinja
    - mode: 640
    - user: root
    - group: root
    - defaults: {a: 1, b: 2}
    - context: {b: 3, c: [x, y]}
bare:
  file.managed:
    - name: {{ pillar['work'] }}/bare
    - source: salt://t.j2
    - template: jinja
