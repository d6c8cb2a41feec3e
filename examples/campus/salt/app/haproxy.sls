# The host's own HAProxy spreads requests over the instances and leaves out those that do not answer.
{%- from 'app/map.jinja' import ports with context %}
include:
  - haproxy

app-haproxy-configuration:
  file.managed:
    - name: /etc/haproxy/haproxy.cfg
    - source: salt://app/files/haproxy.cfg
    - template: jinja
    - context:
        port: {{ ports.haproxy }}
        first: {{ ports.instances }}
        count: {{ salt['pillar.get']('campus:instances', 1) }}
    - require:
      - pkg: haproxy
    - watch_in:
      - service: haproxy

extend:
  haproxy:
    service:
      - require_in:
        - service: varnish
