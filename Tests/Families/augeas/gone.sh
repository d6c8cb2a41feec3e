! grep ip_forward /etc/sysctl.conf
