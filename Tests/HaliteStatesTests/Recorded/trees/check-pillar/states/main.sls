a:
  test.check_pillar:
    - present:
      - colour
      - deep:er
b:
  test.check_pillar:
    - present:
      - absent
    - string:
      - colour
c:
  test.check_pillar:
    - integer:
      - colour
