d:
  file.recurse:
    - name: {{ pillar['work'] }}/d
    - source: salt://tree
    - template: jinja
    - context: {x: 1}
    - exclude_pat: '*.bak'
    - clean: True
