! rabbitmqctl -q list_users | grep -q alice
! rabbitmqctl -q list_vhosts | grep -q shop
