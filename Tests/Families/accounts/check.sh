id halina | grep -q 'uid=4101(halina) gid=4100(crew)'
grep -q 'ssh-ed25519 AAAA.* halina@home' /home/halina/.ssh/authorized_keys
[ "$(stat -c '%U %a' /home/halina/.ssh/authorized_keys)" = 'halina 600' ]
[ "$(date +%Z)" = CET ] || [ "$(date +%Z)" = CEST ]
