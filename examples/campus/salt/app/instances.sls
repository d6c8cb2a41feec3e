# N instances of the application under supervisord, all of them clients of one ZEO server.
{%- from 'app/map.jinja' import ports with context %}
{%- set campus = pillar['campus'] %}
{%- set count = salt['pillar.get']('campus:instances', 1) %}
include:
  - python
  - supervisor

instances-configuration:
  file.managed:
    - name: /etc/supervisor/conf.d/campus.conf
    - source: salt://app/files/instances.conf
    - template: jinja
    - context:
        root: {{ campus.root }}
        user: {{ campus.user }}
        first: {{ ports.instances }}
        count: {{ count }}
        storage: {{ pillar['environment']['hosts']['db'][0] }}
        port: {{ ports.storage }}
    - require:
      - pip: campus-requirements
      - pkg: supervisor
      - file: /var/log/campus
    - onchanges_in:
      - cmd: supervisor-update

instances-running:
  cmd.run:
    - name: supervisorctl update && supervisorctl start campus:*
    - unless:
      - test "$(supervisorctl status campus:* | grep -c RUNNING)" = {{ count }}
    - require:
      - cmd: supervisor-update

instances-restart:
  cmd.run:
    - name: supervisorctl restart campus:*
    - require:
      - cmd: instances-running
    - onchanges:
      - file: {{ campus.root }}/program
      - pip: campus-requirements

{%- set wait = campus.root ~ '/env/bin/python ' ~ campus.root ~ '/program/wait_for.py' %}
{%- set urls = [] %}
{%- for number in range(1, count + 1) %}
{%-   do urls.append('http://127.0.0.1:' ~ (ports.instances + number) ~ '/health') %}
{%- endfor %}

instances-healthy:
  cmd.run:
    - name: {{ wait }} --seconds 60 {{ urls | join(' ') }}
    - unless:
      - {{ wait }} --seconds 0 {{ urls | join(' ') }}
    - require:
      - cmd: instances-restart
    - require_in:
      - service: haproxy
