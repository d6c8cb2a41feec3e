! grep root /etc/aliases
printf '[main]\nname = new\n' | cmp - /srv/app.ini
