grep -q ' /mnt/quick tmpfs .*nosuid' /proc/self/mounts
test "$(stat -c %a /mnt/quick)" = 750
grep -q ' /mnt/disk ext4 .*noatime' /proc/self/mounts
test "$(cat '/mnt/with blank/file')" = there
touch /mnt/disk/written
test "$(grep -c /mnt/ /etc/fstab)" = 3
grep -q '^/srv/disk.img.*/mnt/disk.*ext4.*loop,noatime.*0 2$' /etc/fstab
# The table is good enough for mount itself.
umount /mnt/quick
mount /mnt/quick
findmnt -n -o FSTYPE /mnt/quick | grep -q tmpfs
