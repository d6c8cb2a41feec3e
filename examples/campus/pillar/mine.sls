# What each host publishes for the templates of the others.
mine_functions:
  network.ip_addrs:
    cidr: 10.77.0.0/24
