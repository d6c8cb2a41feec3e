/srv/halite-one-1.2.3.tgz:
  npm.installed:
    - unless: test -e "$(npm root --global)/halite-one/package.json"
/srv/app:
  npm.bootstrap:
    - unless: test -e /srv/app/node_modules/halite-one/package.json
halite-one@1.2.3:
  npm.installed:
    - dir: /srv/app
    - require:
      - npm: /srv/app
