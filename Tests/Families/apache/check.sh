apache2ctl -t
apache2ctl -M | grep -q rewrite_module
! apache2ctl -M | grep -q status_module
test -L /etc/apache2/sites-enabled/shop.conf
htpasswd -vb /etc/apache2/users alice "se\"c'ret"
/srv/bin/halite call --local --out json apache.vhosts | grep -q shop.example || apache2ctl -S | grep -q shop.example
/srv/bin/halite call --local --out json apache.version | grep -q Apache
