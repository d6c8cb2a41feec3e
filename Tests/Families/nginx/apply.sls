/etc/nginx/sites-enabled/status:
  file.managed:
    - contents: |
        server {
          listen 127.0.0.1:8099;
          location /status { stub_status; }
          location /data { default_type application/json; return 200 '{"a": 1}'; }
          location /user { return 200 "$request_method $http_x_test $remote_user"; }
        }
