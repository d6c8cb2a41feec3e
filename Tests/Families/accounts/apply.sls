crew:
  group.present:
    - gid: 4100

halina:
  user.present:
    - uid: 4101
    - gid: 4100
    - fullname: Halina Salz
    - home: /home/halina
    - shell: /bin/sh
    - groups: [crew, users]
    - require:
      - group: crew

her key:
  ssh_auth.present:
    - user: halina
    - name: AAAAC3NzaC1lZDI1NTE5AAAAIFWbf3iQJmQnZ0sUoZ5wCqkSyv8tY0v2mB2tX0pXgB1n
    - enc: ssh-ed25519
    - comment: halina@home
    - require:
      - user: halina

/etc/sudoers.d/crew:
  file.managed:
    - contents: '%crew ALL=(ALL) NOPASSWD: /usr/bin/id'
    - mode: '0440'
    - makedirs: True

a zone:
  timezone.system:
    - name: Europe/Zurich
    - utc: False
