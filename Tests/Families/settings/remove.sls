root:
  alias.absent

/srv/app.ini:
  ini.options_absent:
    - sections:
        main: [port]

gone:
  ini.sections_absent:
    - name: /srv/app.ini
    - sections: [more]
