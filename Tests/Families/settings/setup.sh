printf 'root: nobody # until the crew comes\n' >/etc/aliases
printf '[main]\n# port = 80\nname = old\nextra = 1\n' >/srv/app.ini
