lenient:
  file.managed:
    - name: "{{ pillar['work'] }}/lenient"
    - source: "salt://lenient.j2"
    - template: "jinja"
strict:
  file.managed:
    - name: "{{ pillar['work'] }}/strict"
    - source: "salt://strict.j2"
    - template: "jinja"
