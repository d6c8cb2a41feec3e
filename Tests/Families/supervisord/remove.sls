ticker:
  supervisord.dead: []

/etc/supervisor/conf.d/ticker.conf:
  file.absent:
    - require:
      - supervisord: ticker
