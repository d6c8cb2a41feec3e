{%- from 'app/map.jinja' import app, ports with context %}

varnish:
  pkg.installed:
    - name: {{ app.varnish.package }}
  service.running:
    - name: {{ app.varnish.service }}
    - enable: True
    - reload: True
    - watch:
      - file: varnish-rules
    - require_in:
      - service: nginx

varnish-rules:
  file.managed:
    - name: {{ app.varnish.vcl }}
    - source: salt://app/files/default.vcl
    - template: jinja
    - context:
        backend: {{ ports.haproxy }}
    - require:
      - pkg: varnish

# The shell fragment that starts varnishd keeps the package's settings; the last assignment counts.
varnish-options:
  file.replace:
    - name: {{ app.varnish.defaults }}
    - pattern: '^DAEMON_OPTS="-a 127\.0\.0\.1:.*$'
    - repl: >-
        DAEMON_OPTS="-a 127.0.0.1:{{ ports.varnish }} -T 127.0.0.1:6082 -f {{ app.varnish.vcl }}
        -S /etc/varnish/secret -s malloc,{{ salt['pillar.get']('varnish:memory', '64m') }}"
    - append_if_not_found: True
    - backup: False
    - require:
      - pkg: varnish

# The init script's `restart` tests the options first, which fails while the old process holds the port.
varnish-stop:
  cmd.run:
    - name: service {{ app.varnish.service }} stop
    - onchanges:
      - file: varnish-options
    - require:
      - file: varnish-rules
    - require_in:
      - service: varnish
