! runuser -u postgres -- psql -tAc 'select rolname from pg_roles' | grep -qE 'alice|bob|readers'
! pg_lsclusters | grep -q second
