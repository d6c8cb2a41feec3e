test "$(cd /srv/app && node -p 'require("halite-one")')" = 42
npm list --global --json | grep -q '"version": "1.2.3"'
