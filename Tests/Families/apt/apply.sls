one:
  pkg.installed:
    - name: halite-one
    - version: 1.0-1
    - refresh: False
two:
  pkg.installed:
    - pkgs:
      - halite-two: '>=0.4'
    - refresh: False
kept:
  pkg.installed:
    - name: halite-one
    - hold: True
    - refresh: False
    - require:
      - pkg: one
