readers:
  postgres_group.present: []

alice:
  postgres_user.present:
    - password: it's "secret"
    - encrypted: scram-sha-256
    - createdb: True
    - groups: readers
    - require:
      - postgres_group: readers

bob:
  postgres_user.present:
    - password: other
    - login: True
    - valid_until: '2040-01-01'

fast:
  postgres_tablespace.present:
    - directory: /srv/fast
    - owner: alice
    - options:
        random_page_cost: 1.5
    - require:
      - postgres_user: alice

shop:
  postgres_database.present:
    - owner: alice
    - encoding: UTF8
    - template: template0
    - tablespace: fast
    - require:
      - postgres_tablespace: fast

app:
  postgres_schema.present:
    - dbname: shop
    - owner: alice
    - require:
      - postgres_database: shop

uuid-ossp:
  postgres_extension.present:
    - maintenance_db: shop
    - schema: app
    - require:
      - postgres_schema: app

bob may use the schema:
  postgres_privileges.present:
    - name: bob
    - object_name: app
    - object_type: schema
    - privileges: [USAGE]
    - maintenance_db: shop
    - require:
      - postgres_schema: app
      - postgres_user: bob

bob may connect:
  postgres_privileges.present:
    - name: bob
    - object_name: shop
    - object_type: database
    - privileges: [ALL]
    - grant_option: True
    - maintenance_db: shop
    - require:
      - postgres_database: shop
      - postgres_user: bob

/srv/data:
  postgres_initdb.present:
    - auth: scram-sha-256
    - password: of the superuser
    - checksums: True
    - runas: postgres
    - require:
      - file: data folder

data folder:
  file.directory:
    - name: /srv/data
    - user: postgres
    - mode: '0700'

second:
  postgres_cluster.present:
    - version: '15'
    - port: 5499
