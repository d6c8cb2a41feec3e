later:
  at.absent:
    - tag: later

rest:
  at.absent:
    - require:
      - at: later

net.ipv4.ip_forward:
  sysctl.present:
    - value: 0
