curl -s http://127.0.0.1/ >/dev/null || nginx
