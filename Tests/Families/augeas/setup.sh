printf '127.0.0.1 localhost\n10.0.0.9 old\n' >/srv/hosts
printf '# kernel\nvm.swappiness = 10\n' >/etc/sysctl.conf
