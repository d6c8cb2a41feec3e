grep -q '^vm.swappiness = 20$' /etc/sysctl.conf
grep -q '^net.ipv4.ip_forward *= *1$' /etc/sysctl.conf
grep -q '^# kernel$' /etc/sysctl.conf
grep -Eq '^10.0.0.9[[:space:]]+new$' /srv/hosts
grep -Eq '^127.0.0.1[[:space:]]+localhost here$' /srv/hosts
