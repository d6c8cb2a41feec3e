[ "$(atq | wc -l)" = 2 ]
atq | cut -f1 | while read -r number; do at -c "$number" | tail -3; done | grep -q '/bin/true later'
[ "$(sysctl -n net.ipv4.ip_forward)" = 1 ]
grep -q '^net.ipv4.ip_forward = 1$' /etc/sysctl.conf
grep -q '^net.ipv4.ip_local_port_range = 20000 60000$' /etc/sysctl.d/ports.conf
[ "$(cat /proc/sys/net/ipv4/ip_local_port_range)" = "$(printf '20000\t60000')" ]
