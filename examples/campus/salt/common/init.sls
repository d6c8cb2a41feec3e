# What every host of the campus has, whatever it does.
{%- from 'common/map.jinja' import common with context %}

include:
  - .environment

common-packages:
  pkg.installed:
    - pkgs: {{ common.packages | json }}

/etc/motd:
  file.managed:
    - source: salt://common/files/motd
    - template: jinja
    - user: root
    - group: {{ common.rootgroup }}
    - mode: '0644'
    - order: last
