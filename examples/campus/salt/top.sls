# Which states a host gets: its roles are grains of the host, its membership is the environment's pillar.
{%- set hosts = salt['pillar.get']('environment:hosts', {}) %}
base:
  '*':
    - common
{%- for role, members in hosts.items() %}
  'G@roles:{{ role }} and L@{{ members | join(",") }}':
    - match: compound
    - {{ role }}
{%- endfor %}
