! grep ' /mnt/' /proc/self/mounts
! grep /mnt/ /etc/fstab
test -z "$(ls -A /mnt/disk)"
