repository:
  pkgrepo.managed:
    - name: test
    - humanname: Made here
    - baseurl: file:///srv/repository
    - gpgcheck: 0
one:
  pkg.installed:
    - name: halite-one
    - version: 1.0-1
    - refresh: False
    - require:
      - pkgrepo: repository
two:
  pkg.installed:
    - name: halite-two
    - refresh: False
    - require:
      - pkgrepo: repository
