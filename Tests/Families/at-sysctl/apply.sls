later:
  at.present:
    - name: /bin/true later
    - timespec: 23:58 31.12.2037
    - tag: later
    - unique_tag: True

other:
  at.present:
    - name: /bin/true other
    - timespec: 23:59 31.12.2037
    - tag: other
    - unique_tag: True

net.ipv4.ip_forward:
  sysctl.present:
    - value: 1

net.ipv4.ip_local_port_range:
  sysctl.present:
    - value: 20000 60000
    - config: /etc/sysctl.d/ports.conf
