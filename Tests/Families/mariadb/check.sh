MYSQL_PWD="it's \\ \"secret\"" mysql -u alice shop -e 'select 1' | grep -q 1
MYSQL_PWD=password mysql -u bob shop -e 'create table t (i int)'
