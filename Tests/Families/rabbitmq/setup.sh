rabbitmqctl -q status >/dev/null 2>&1 || setsid rabbitmq-server -detached
for i in $(seq 60); do rabbitmqctl -q status >/dev/null 2>&1 && break; sleep 1; done
rabbitmqctl -q status >/dev/null
