# A host that says it is Rocky Linux, with a repository of packages made here.
printf 'NAME="Rocky Linux"\nVERSION="9.3 (Blue Onyx)"\nID="rocky"\nVERSION_ID="9.3"\nPRETTY_NAME="Rocky Linux 9.3 (Blue Onyx)"\n' >/etc/os-release
mkdir -p /srv/repository /etc/yum.repos.d /root/specs && cd /root/specs
build() { # name version
    printf 'Name: %s\nVersion: %s\nRelease: 1\nSummary: made for a test\nLicense: none\nBuildArch: noarch\n%%description\nmade for a test\n%%install\nmkdir -p %%{buildroot}/usr/share/%s\necho %s >%%{buildroot}/usr/share/%s/version\n%%files\n/usr/share/%s/version\n' "$1" "$2" "$1" "$2" "$1" "$1" >"$1.spec"
    rpmbuild -bb --quiet --define "_rpmdir /srv/repository" "$1.spec" >/dev/null 2>&1
}
build halite-one 1.0
build halite-one 2.0
build halite-two 0.5
createrepo_c -q /srv/repository
mkdir -p /etc/dnf
printf '[main]\nreposdir=/etc/yum.repos.d\n' >/etc/dnf/dnf.conf
