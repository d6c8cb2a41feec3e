# The host has no devices but the plainest.
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for number in 0 1 2 3 4 5 6 7; do
    [ -e "/dev/loop$number" ] || mknod "/dev/loop$number" b 7 "$number"
done
# A file for a file system, which a loop device shows.
truncate -s 8M /srv/disk.img
mkdir -p /srv/shown/below
echo there >/srv/shown/file
[ -e /etc/fstab ] || : >/etc/fstab
