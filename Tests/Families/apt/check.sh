test "$(cat /usr/share/halite-one/version)" = 1.0-1
dpkg -s halite-two | grep -q '^Version: 0.5$'
