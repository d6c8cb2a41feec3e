undefined:
  file.managed:
    - name: "{{ pillar['work'] }}/a"
    - source: "salt://undefined.j2"
    - template: "jinja"
syntax:
  file.managed:
    - name: "{{ pillar['work'] }}/b"
    - source: "salt://syntax.j2"
    - template: "jinja"
engine:
  file.managed:
    - name: "{{ pillar['work'] }}/c"
    - source: "salt://syntax.j2"
    - template: "nosuch"
missing:
  file.managed:
    - name: "{{ pillar['work'] }}/d"
    - source: "salt://nosuch.j2"
    - template: "jinja"
context:
  file.managed:
    - name: "{{ pillar['work'] }}/e"
    - source: "salt://undefined.j2"
    - template: "jinja"
    - context: ["a"]
