# What an administrator wrote stays.
echo '5 5 * * * /bin/true own' | crontab -
id halo >/dev/null 2>&1 || useradd -m halo
cat >/srv/whole <<'END'
MAILTO=""
7 7 * * 7 /bin/true whole
END
