debconf-get-selections | grep -Pq '^postfix\tpostfix/main_mailer_type\tselect\tInternet Site$'
debconf-get-selections | grep -Pq '^postfix\tpostfix/chattr\tboolean\tfalse$'
locale -a | grep -q '^de_CH.utf8$'
grep -q '^LANG="de_CH.UTF-8"$' /etc/default/locale
grep -q '^root: crew@example.net, halo # until the crew comes$' /etc/aliases
printf '[main]\nport = 8080\nname = new\n\n[more]\nkey = value\n' | cmp - /srv/app.ini
