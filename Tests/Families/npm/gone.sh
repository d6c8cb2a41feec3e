test ! -e "$(npm root --global)/halite-one"
test ! -e /srv/app/node_modules/halite-one
