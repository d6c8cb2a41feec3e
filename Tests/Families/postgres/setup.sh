/etc/init.d/postgresql start
for i in $(seq 50); do runuser -u postgres -- psql -qc 'select 1' >/dev/null 2>&1 && break; sleep 0.2; done
install -d -o postgres /srv/fast
