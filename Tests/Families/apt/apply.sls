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
other:
  pkgrepo.managed:
    - name: deb [arch=amd64 signed-by=/etc/apt/keyrings/other.asc] https://other.example.org/debian stable main
    - file: /etc/apt/sources.list.d/other.list
    - key_url: /srv/keys/other.asc
    - aptkey: False
    - disabled: True
    - refresh: False
