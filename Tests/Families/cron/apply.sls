nightly:
  cron.present:
    - name: /usr/bin/true nightly
    - identifier: nightly
    - minute: 10
    - hour: 2
    - comment: |
        goes on
        for two lines

sometime:
  cron.present:
    - name: /usr/bin/true sometime
    - minute: random
    - hour: random
    - user: halo

booting:
  cron.present:
    - name: /usr/bin/true booting
    - special: '@reboot'
    - identifier: booting

sleeping:
  cron.present:
    - name: /usr/bin/true sleeping
    - commented: True

MAILTO:
  cron.env_present:
    - value: crew@example.net

/srv/whole:
  cron.file:
    - user: daemon
