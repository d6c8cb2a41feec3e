# What was asked for is what the daemon has; ssh itself takes it.
test "$(ssh-keygen -F localhost -f /home/halo/.ssh/known_hosts | tail -1 | cut -d' ' -f3)" = "$(cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub)"
ssh-keygen -F '[127.0.0.1]:2222' -f /etc/ssh/ssh_known_hosts
grep -q '^git.example.net ssh-ed25519 AAAA' /home/halo/.ssh/known_hosts
test "$(stat -c '%U %a' /home/halo/.ssh /home/halo/.ssh/known_hosts | tr '\n' ' ')" = 'halo 700 halo 600 '
answer=$(ssh -o BatchMode=yes -o UserKnownHostsFile=/home/halo/.ssh/known_hosts -o StrictHostKeyChecking=yes -o HostKeyAlgorithms=ssh-ed25519 localhost true 2>&1) || :
case "$answer" in *'Permission denied'*) ;; *) echo "$answer"; exit 1 ;; esac
