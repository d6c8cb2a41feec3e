! mysql -e 'select user from mysql.user' | grep -qE 'alice|bob'
! mysql -e 'show databases' | grep -q shop
