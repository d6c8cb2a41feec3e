/etc/pki/family:
  file.absent
