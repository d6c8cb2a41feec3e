localhost:
  ssh_known_hosts.absent:
    - user: halo

git.example.net:
  ssh_known_hosts.absent:
    - user: halo
