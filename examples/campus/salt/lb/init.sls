# The load balancer: one address for the site, the application hosts behind it.
include:
  - haproxy

lb-configuration:
  file.managed:
    - name: /etc/haproxy/haproxy.cfg
    - source: salt://lb/files/haproxy.cfg
    - template: jinja
    - user: root
    - group: root
    - mode: '0644'
    - context:
        members: {{ pillar['environment']['hosts']['app'] | json }}
        port: {{ salt['pillar.get']('campus:ports:site', 80) }}
        check: {{ salt['pillar.get']('lb:check', '/health') }}
    - require:
      - pkg: haproxy
    - watch_in:
      - service: haproxy
