crontab -l | grep -q '/bin/true own$'
! crontab -l | grep -E 'nightly|booting|sleeping|MAILTO'
! crontab -u halo -l | grep sometime
