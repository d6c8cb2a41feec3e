call() { /srv/bin/halite call --local --out json "$@"; }
call nginx.configtest | grep -q 'Syntax OK'
call nginx.version | grep -q '1\.'
call nginx.signal reload >/dev/null
for i in $(seq 50); do curl -sf http://127.0.0.1:8099/status >/dev/null && break; sleep 0.1; done
call nginx.status url=http://127.0.0.1:8099/status | grep -q 'active connections'
call http.query http://127.0.0.1:8099/data decode=True status=True | tr -d ' \n' | grep -q '"status":200,"dict":{"a":1}'
call http.query http://127.0.0.1:8099/user method=DELETE 'header_dict={"X-Test": "yes"}' username=me password=pw | grep -q 'DELETE yes me'
call http.query http://127.0.0.1:8099/nothing | grep -q 'HTTP 404: Not Found'
call http.query http://127.0.0.1:1/ | grep -q 'Connection refused'
call state.single http.wait_for_successful_query http://127.0.0.1:80/ wait_for=10 status=200 match=nginx | grep -q 'Status 200 was found'
