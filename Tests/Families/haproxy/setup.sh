cat > /etc/haproxy/haproxy.cfg <<'END'
global
  stats socket /run/haproxy.sock mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend web
  bind 127.0.0.1:8097
  default_backend shop
backend shop
  server one 127.0.0.1:9001 weight 10
  server two 127.0.0.1:9002 weight 20
END
haproxy -D -f /etc/haproxy/haproxy.cfg
