her key:
  ssh_auth.absent:
    - user: halina
    - name: AAAAC3NzaC1lZDI1NTE5AAAAIFWbf3iQJmQnZ0sUoZ5wCqkSyv8tY0v2mB2tX0pXgB1n
    - onlyif: id halina

halina:
  user.absent:
    - purge: True

crew:
  group.absent: []

/etc/sudoers.d/crew:
  file.absent: []
