forward:
  augeas.change:
    - changes:
      - rm /files/etc/sysctl.conf/net.ipv4.ip_forward
