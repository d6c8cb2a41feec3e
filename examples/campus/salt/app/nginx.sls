{%- from 'app/map.jinja' import app, ports with context %}

nginx:
  pkg.installed:
    - name: {{ app.nginx.package }}
  service.running:
    - name: {{ app.nginx.service }}
    - enable: True
    - reload: True
    - watch:
      - file: nginx-site

nginx-site:
  file.managed:
    - name: {{ app.nginx.sites }}/campus.conf
    - source: salt://app/files/nginx.conf
    - template: jinja
    - context:
        port: {{ ports.site }}
        varnish: {{ ports.varnish }}
    - require:
      - pkg: nginx
{%- if app.nginx.enabled %}

{{ app.nginx.enabled }}/campus.conf:
  file.symlink:
    - target: {{ app.nginx.sites }}/campus.conf
    - require:
      - file: nginx-site
    - watch_in:
      - service: nginx

{{ app.nginx.enabled }}/default:
  file.absent:
    - require:
      - pkg: nginx
    - watch_in:
      - service: nginx
{%- endif %}
