halite-one:
  npm.removed: []
local:
  npm.removed:
    - name: halite-one
    - dir: /srv/app
