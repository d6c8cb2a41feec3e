test "$(cat /usr/share/halite-one/version)" = 1.0-1
dpkg -s halite-two | grep -q '^Version: 0.5$'
grep -qx '# deb \[arch=amd64 signed-by=/etc/apt/keyrings/other.asc\] https://other.example.org/debian stable main' /etc/apt/sources.list.d/other.list
cmp /srv/keys/other.asc /etc/apt/keyrings/other.asc
apt-get -q update >/dev/null
