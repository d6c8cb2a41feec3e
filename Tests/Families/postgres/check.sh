PGPASSWORD="it's \"secret\"" psql -h 127.0.0.1 -U alice -d shop -tAc 'select app.uuid_generate_v4()' | grep -q -
runuser -u postgres -- psql -tAc "select rolpassword from pg_authid where rolname = 'bob'" | grep -q ^md5
runuser -u postgres -- psql -tAc "select spcname from pg_database d join pg_tablespace t on t.oid = d.dattablespace where datname = 'shop'" | grep -q fast
pg_lsclusters | grep -q 'second *5499'
test -f /srv/data/PG_VERSION
