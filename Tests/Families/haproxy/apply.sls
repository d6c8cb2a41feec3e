one takes no requests:
  module.run:
    - haproxy.disable_server:
      - name: one
      - backend: shop
    - unless: grep -q MAINT /srv/state

/srv/state:
  file.managed:
    - contents: MAINT
    - require:
      - module: one takes no requests
