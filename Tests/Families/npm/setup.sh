command -v npm >/dev/null || { echo "this family needs a machine that has npm" >&2; exit 77; }
# Two packages in folders and one that needs the first: npm needs no network for them.
mkdir -p /srv/one /srv/app
echo '{"name": "halite-one", "version": "1.2.3", "main": "index.js"}' >/srv/one/package.json
echo 'module.exports = 41 + 1' >/srv/one/index.js
(cd /srv && npm pack --silent ./one >/dev/null)
echo '{"name": "app", "version": "0.1.0", "dependencies": {"halite-one": "file:../halite-one-1.2.3.tgz"}}' >/srv/app/package.json
