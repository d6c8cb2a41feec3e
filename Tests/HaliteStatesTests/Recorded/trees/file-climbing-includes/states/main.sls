lenient:
  file.managed:
    - name: "{{ pillar['work'] }}/lenient"
    - source: "salt://lenient.j2"
    - template: "jinja"
