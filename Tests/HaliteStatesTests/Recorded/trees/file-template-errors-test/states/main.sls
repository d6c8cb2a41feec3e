missing:
  file.managed:
    - name: "{{ pillar['work'] }}/a"
    - source: "salt://nosuch.j2"
    - template: "jinja"
right:
  file.managed:
    - name: "{{ pillar['work'] }}/b"
    - source: "salt://right.j2"
    - template: "jinja"
    - context: {"x": 1}
