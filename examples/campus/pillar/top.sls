# An environment is named on the command line with `pillarenv`; without it, a host stays in that of its last deployment.
{%- set environment = opts.get('pillarenv') or grains.get('environment') %}
base:
  '*':
    - mine
{%- if environment in ['test', 'prod'] %}
{{ environment }}:
  '*':
    - mine
    - site
    - environment
{%- endif %}
