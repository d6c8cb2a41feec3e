redis-server --daemonize yes --requirepass 'a "word"' --dir /tmp
for i in $(seq 50); do REDISCLI_AUTH='a "word"' redis-cli ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
