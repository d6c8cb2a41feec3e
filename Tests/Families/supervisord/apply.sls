/etc/supervisor/conf.d/ticker.conf:
  file.managed:
    - contents: |
        [program:ticker]
        command = /bin/sleep 3600
        startsecs = 0

ticker:
  supervisord.running:
    - require:
      - file: /etc/supervisor/conf.d/ticker.conf
