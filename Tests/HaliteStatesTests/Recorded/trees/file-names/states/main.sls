all:
  file.managed:
    - names:
      - {{ pillar['work'] }}/a
      - {{ pillar['work'] }}/b: [{contents: other}]
      - {{ pillar['work'] }}/c: [{source: 'salt://s'}, {contents: null}]
    - contents: same
