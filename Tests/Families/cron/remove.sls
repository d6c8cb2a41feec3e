nightly:
  cron.absent

/usr/bin/true sometime:
  cron.absent:
    - user: halo

booting:
  cron.absent:
    - special: '@reboot'
    - identifier: booting

/usr/bin/true sleeping:
  cron.absent

MAILTO:
  cron.env_absent
