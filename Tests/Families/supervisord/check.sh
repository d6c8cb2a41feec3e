supervisorctl status ticker | grep -q RUNNING
