asked:
  ssh_known_hosts.present:
    - name: localhost
    - user: halo
    - enc: ssh-ed25519

other port:
  ssh_known_hosts.present:
    - name: 127.0.0.1
    - port: 2222
    - enc: ssh-ed25519
    - hash_known_hosts: False

given:
  ssh_known_hosts.present:
    - name: git.example.net
    - user: halo
    - enc: ssh-ed25519
    - key: AAAAC3NzaC1lZDI1NTE5AAAAIFWbf3iQJmQnZ0sUoZ5wCqkSyv8tY0v2mB2tX0pXgB1n
    - hash_known_hosts: False
