! id halina 2>/dev/null
! getent group crew
[ ! -e /home/halina ]
