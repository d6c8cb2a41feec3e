no right to connect:
  postgres_privileges.absent:
    - name: bob
    - object_name: shop
    - object_type: database
    - privileges: [CONNECT]
    - maintenance_db: postgres
    - onlyif: runuser -u postgres -- psql -tAc "select 1 from pg_database where datname = 'shop'" | grep -q 1

shop:
  postgres_database.absent:
    - require:
      - postgres_privileges: no right to connect

fast:
  postgres_tablespace.absent:
    - require:
      - postgres_database: shop

alice:
  postgres_user.absent:
    - require:
      - postgres_tablespace: fast

bob:
  postgres_user.absent:
    - require:
      - postgres_database: shop

readers:
  postgres_group.absent:
    - require:
      - postgres_user: alice

second:
  postgres_cluster.absent:
    - version: '15'
