shop:
  apache_site.disabled: []

rewrite:
  apache_module.disabled: []

alice:
  webutil.user_absent:
    - htpasswd_file: /etc/apache2/users
