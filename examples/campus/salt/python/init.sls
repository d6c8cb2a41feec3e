# The account, the folders and the virtualenv that the site's own programs run in.
{%- import_text 'visits/requirements.txt' as requirements %}
{%- set root = salt['pillar.get']('campus:root', '/srv/campus') %}
{%- set user = salt['pillar.get']('campus:user', 'campus') %}

campus-group:
  group.present:
    - name: {{ user }}
    - system: True

campus-user:
  user.present:
    - name: {{ user }}
    - gid: {{ user }}
    - system: True
    - home: {{ root }}
    - createhome: False
    - shell: /usr/sbin/nologin
    - require:
      - group: campus-group

{{ root }}:
  file.directory:
    - user: root
    - group: {{ user }}
    - mode: '0755'
    - require:
      - user: campus-user

/var/log/campus:
  file.directory:
    - user: {{ user }}
    - group: {{ user }}
    - require:
      - user: campus-user

{{ root }}/program:
  file.recurse:
    - source: salt://visits
    - user: root
    - group: {{ user }}
    - file_mode: '0644'
    - dir_mode: '0755'
    - clean: True
    - exclude_pat: '*.pyc'
    - require:
      - file: {{ root }}

python-packages:
  pkg.installed:
    - pkgs:
      - python3
      - virtualenv

{{ root }}/env:
  virtualenv.managed:
    - system_site_packages: False
    - require:
      - pkg: python-packages
      - file: {{ root }}

campus-requirements:
  pip.installed:
    - pkgs: {{ requirements.split() | json }}
    - bin_env: {{ root }}/env
    - require:
      - virtualenv: {{ root }}/env
