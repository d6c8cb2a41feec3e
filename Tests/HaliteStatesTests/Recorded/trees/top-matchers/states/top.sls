base:
  'os:Debian':
    - match: grain
    - a
  'G@os:Debian and not L@other':
    - match: compound
    - b
  'h.st':
    - match: pcre
    - c
  'host,other':
    - match: list
    - d
  'colour:red':
    - match: pillar
    - e
  'nobody':
    - f
