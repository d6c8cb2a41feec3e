quick:
  mount.mounted:
    - name: /mnt/quick
    - device: tmpfs
    - fstype: tmpfs
    - opts: size=4m,nosuid,mode=0750
    - mkmnt: True

image:
  blockdev.formatted:
    - name: /srv/disk.img
    - force: True

disk:
  mount.mounted:
    - name: /mnt/disk/
    - device: /srv/disk.img
    - fstype: ext4
    - opts:
      - loop
      - noatime
    - dump: 0
    - pass_num: 2
    - mkmnt: True

shown:
  mount.mounted:
    - name: /mnt/with blank
    - device: /srv/shown
    - fstype: none
    - opts: bind
    - mkmnt: True
    - persist: False

listed:
  mount.fstab_present:
    - name: /dev/sdz9
    - fs_file: /mnt/later
    - fs_vfstype: xfs
    - fs_mntops: noauto,ro
    - mount: False
