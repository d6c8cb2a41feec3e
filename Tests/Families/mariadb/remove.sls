alice in the shop:
  mysql_grants.absent:
    - grant: INSERT
    - database: shop.*
    - user: alice

alice:
  mysql_user.absent:
    - require:
      - mysql_grants: alice in the shop

bob:
  mysql_user.absent: []

shop:
  mysql_database.absent: []
