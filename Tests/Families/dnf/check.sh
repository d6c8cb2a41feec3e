test "$(cat /usr/share/halite-one/version)" = 1.0
rpm -q halite-two
