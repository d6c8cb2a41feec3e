# A host remembers the environment of its last deployment, so that later runs need no `pillarenv`.
{%- set environment = salt['pillar.get']('environment:name', '') %}
{%- if environment and environment != grains.get('environment') %}
place-in-environment:
  module.run:
    - grains.setval:
      - key: environment
      - val: {{ environment }}
    - order: first
{%- endif %}
