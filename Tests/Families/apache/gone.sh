test ! -e /etc/apache2/sites-enabled/shop.conf
! grep -q alice /etc/apache2/users
