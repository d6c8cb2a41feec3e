postfix:
  debconf.set:
    - data:
        postfix/main_mailer_type: {type: select, value: Internet Site}
        postfix/mailname: {type: string, value: mail.example.net}
        postfix/chattr: {type: boolean, value: False}

de_CH.UTF-8 UTF-8:
  locale.present

de_CH.UTF-8:
  locale.system:
    - require:
      - locale: de_CH.UTF-8 UTF-8

root:
  alias.present:
    - target: [crew@example.net, halo]

/srv/app.ini:
  ini.options_present:
    - strict: True
    - sections:
        main:
          port: 8080
          name: new
        more:
          key: value
