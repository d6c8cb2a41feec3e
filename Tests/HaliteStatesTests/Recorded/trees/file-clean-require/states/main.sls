kept:
  file.managed:
    - name: "{{ pillar['work'] }}/d/kept"
    - contents: "k"
kept-folder:
  file.directory:
    - name: "{{ pillar['work'] }}/d/folder"
kept-tree:
  file.recurse:
    - name: "{{ pillar['work'] }}/d/tree"
    - source: "salt://tree"
kept-in:
  file.managed:
    - name: {{ pillar['work'] }}/d/deep/in
    - contents: i
    - makedirs: True
    - require_in: [{file: d}]
d:
  file.directory:
    - name: {{ pillar['work'] }}/d
    - clean: True
    - exclude_pat: 'E@^log/'
    - require: [{file: kept}, {file: kept-folder}, {file: kept-tree}]
