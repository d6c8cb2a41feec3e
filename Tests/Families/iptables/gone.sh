! iptables -S | grep KNOWN
! grep crew /etc/iptables/rules.v4
iptables -S FORWARD | grep -q -- '-P FORWARD ACCEPT'
