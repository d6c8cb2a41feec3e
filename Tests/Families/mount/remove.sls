/mnt/quick:
  mount.unmounted:
    - device: tmpfs
    - persist: True

/mnt/disk:
  mount.unmounted:
    - persist: True

/mnt/with blank:
  mount.unmounted

listed:
  mount.unmounted:
    - name: /mnt/later
    - persist: True
