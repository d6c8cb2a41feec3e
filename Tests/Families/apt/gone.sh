! dpkg -s halite-one 2>/dev/null | grep -q installed
test ! -e /usr/share/halite-two
test ! -e /etc/apt/sources.list.d/other.list
