! rpm -q halite-one
test ! -e /etc/yum.repos.d/test.repo
