# supervisord keeps programs running that have no service of their own.
# Its init script's `restart` only stops it, so changes go through `supervisorctl update`.
supervisor:
  pkg.installed: []
  service.running:
    - enable: True
    - require:
      - pkg: supervisor

supervisor-update:
  cmd.run:
    - name: supervisorctl update
    - require:
      - service: supervisor
    - onchanges: []
