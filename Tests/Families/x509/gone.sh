test ! -e /etc/pki/family
