# HAProxy itself. Whoever includes this brings the configuration and asks for a reload with `watch_in`.
haproxy:
  pkg.installed: []
  service.running:
    - enable: True
    - reload: True
    - require:
      - pkg: haproxy
