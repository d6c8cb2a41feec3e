# The storage host: one ZEO server that all instances share.
{%- set campus = pillar['campus'] %}
{%- set port = salt['pillar.get']('campus:ports:storage', 8200) %}
include:
  - python
  - supervisor

{{ campus.root }}/data:
  file.directory:
    - user: {{ campus.user }}
    - group: {{ campus.user }}
    - mode: '0750'
    - require:
      - user: campus-user
      - file: {{ campus.root }}

{{ campus.root }}/zeo.conf:
  file.managed:
    - source: salt://db/files/zeo.conf
    - template: jinja
    - context:
        root: {{ campus.root }}
        port: {{ port }}
    - require:
      - file: {{ campus.root }}

zeo-program:
  file.managed:
    - name: /etc/supervisor/conf.d/zeo.conf
    - source: salt://db/files/supervisor.conf
    - template: jinja
    - context:
        root: {{ campus.root }}
        user: {{ campus.user }}
    - require:
      - file: {{ campus.root }}/data
      - file: {{ campus.root }}/zeo.conf
      - file: /var/log/campus
      - pip: campus-requirements
      - pkg: supervisor
    - onchanges_in:
      - cmd: supervisor-update

zeo-running:
  cmd.run:
    - name: supervisorctl update && supervisorctl start zeo
    - unless:
      - supervisorctl status zeo | grep -q RUNNING
    - require:
      - cmd: supervisor-update

zeo-restart:
  cmd.run:
    - name: supervisorctl restart zeo
    - require:
      - cmd: zeo-running
    - onchanges:
      - file: {{ campus.root }}/zeo.conf
      - pip: campus-requirements
