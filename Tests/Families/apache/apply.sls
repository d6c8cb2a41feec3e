/etc/apache2/sites-available/shop.conf:
  apache.configfile:
    - config:
      - VirtualHost:
          this: '*:8098'
          ServerName: shop.example
          DocumentRoot: /var/www/html

shop:
  apache_site.enabled:
    - require:
      - apache: /etc/apache2/sites-available/shop.conf

rewrite:
  apache_module.enabled: []

status:
  apache_module.disabled: []

serve-cgi-bin:
  apache_conf.disabled: []

alice:
  webutil.user_exists:
    - htpasswd_file: /etc/apache2/users
    - password: se"c'ret
    - options: B
    - update: True
