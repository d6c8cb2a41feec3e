[ "$(atq | wc -l)" = 0 ]
[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ]
