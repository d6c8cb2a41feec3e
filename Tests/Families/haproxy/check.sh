call() { /srv/bin/halite call --local --out json "$@" | tr -d ' \n'; }
call haproxy.get_backend shop | grep -q '"one":{"status":"MAINT","weight":10'
call haproxy.list_backends servers=False | grep -q '\["shop"\]'
call haproxy.list_frontends | grep -q '\["web"\]'
call haproxy.set_weight two shop 5 | grep -q '5(initial20)'
call haproxy.get_weight two shop | grep -q '5(initial20)'
call haproxy.enable_server one '*' | grep -q 'Status:noctcheck\|Status:UP\|Status:nocheck'
call haproxy.set_state two shop drain
call haproxy.list_servers shop | grep -q 'DRAIN'
call haproxy.get_sessions one shop | grep -q '"0"'
call haproxyconn.show_backends | grep -q shop
