! ssh-keygen -F localhost -f /home/halo/.ssh/known_hosts
! grep git.example.net /home/halo/.ssh/known_hosts
test "$(stat -c '%U' /home/halo/.ssh/known_hosts)" = halo
