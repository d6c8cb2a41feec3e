crontab -l | grep -q '^5 5 \* \* \* /bin/true own$'
crontab -l | grep -q '^10 2 \* \* \* /usr/bin/true nightly$'
crontab -l | grep -q '^@reboot /usr/bin/true booting$'
crontab -l | grep -q '^#DISABLED#.*sleeping$'
crontab -l | grep -q '^MAILTO=crew@example.net$'
crontab -u halo -l | grep -Eq '^[0-9]+ [0-9]+ \* \* \* /usr/bin/true sometime$'
crontab -u daemon -l | grep -q '^7 7 \* \* 7 /bin/true whole$'
test "$(stat -c %a /var/spool/cron/crontabs/halo)" = 600
