# A repository in a folder with two small packages, one of them in two versions.
mkdir -p /srv/repository && cd /srv/repository
build() { # name version
    mkdir -p "tree/DEBIAN" "tree/usr/share/$1"
    echo "$2" >"tree/usr/share/$1/version"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: made for a test\n' "$1" "$2" >tree/DEBIAN/control
    dpkg-deb -b tree "$1_$2_all.deb" >/dev/null
    rm -r tree
}
build halite-one 1.0-1
build halite-one 2.0-1
build halite-two 0.5
for file in *.deb; do
    dpkg-deb -f "$file"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
done >Packages
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/repository ./' >/etc/apt/sources.list.d/test.list
apt-get -q update >/dev/null
# A key that stays in its armour is only copied.
mkdir -p /srv/keys
printf -- '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n' >/srv/keys/other.asc
