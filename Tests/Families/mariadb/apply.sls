shop:
  mysql_database.present:
    - character_set: utf8mb4
    - collate: utf8mb4_bin

alice:
  mysql_user.present:
    - password: it's \ "secret"

alice in the shop:
  mysql_grants.present:
    - grant: SELECT, INSERT
    - database: shop.*
    - user: alice
    - require:
      - mysql_user: alice

root reads:
  mysql_grants.present:
    - grant: ALL PRIVILEGES
    - database: shop.*
    - user: bob
    - grant_option: True
    - require:
      - mysql_user: bob

bob:
  mysql_user.present:
    - host: localhost
    - password_hash: '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'
