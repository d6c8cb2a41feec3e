swap:
  augeas.change:
    - context: /files/etc/sysctl.conf
    - lens: Sysctl.lns
    - changes:
      - set vm.swappiness 20
      - set net.ipv4.ip_forward 1

names:
  augeas.change:
    - context: /files/srv/hosts
    - lens: Hosts.lns
    - changes:
      - set "*[ipaddr='10.0.0.9']/canonical" new
      - set "*[ipaddr='127.0.0.1']/alias" here
