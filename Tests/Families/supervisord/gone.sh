supervisorctl status ticker | grep -q STOPPED
