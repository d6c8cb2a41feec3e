kept:
  file.managed:
    - name: "{{ pillar['work'] }}/d/kept"
    - contents: "k"
d:
  file.directory:
    - name: {{ pillar['work'] }}/d
    - clean: True
    - require: [{file: kept}]
