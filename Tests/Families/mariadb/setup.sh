/etc/init.d/mariadb start
for i in $(seq 100); do mysql -e 'select 1' >/dev/null 2>&1 && break; sleep 0.2; done
