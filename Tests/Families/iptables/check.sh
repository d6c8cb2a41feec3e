iptables -S INPUT 1 | grep -q -- '-i lo -j ACCEPT'
iptables -S INPUT | grep -q -- '-p tcp -m state --state NEW -m comment --comment "for the crew" -m tcp --dport 22 -j KNOWN'
iptables -S FORWARD | grep -q -- '! -s 10.0.0.0/8 -p tcp -m multiport --dports 80,443 -j REJECT --reject-with tcp-reset'
iptables -S FORWARD | grep -q -- '-P FORWARD DROP'
ip6tables -S INPUT | grep -q fe80
iptables -t nat -S | grep -q MASQUERADE
grep -q 'for the crew' /etc/iptables/rules.v4
