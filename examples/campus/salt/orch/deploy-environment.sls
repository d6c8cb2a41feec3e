# Deploys one environment, storage first and load balancer last:
#   state.orchestrate orch.deploy-environment pillarenv=test
{%- set environment = salt['pillar.get']('environment', {}) %}
{%- set members = [] %}
{%- for hosts in environment.hosts.values() %}
{%-   do members.extend(hosts) %}
{%- endfor %}

prepare-hosts:
  salt.state:
    - tgt: {{ members | json }}
    - tgt_type: list
    - sls: common
    - pillarenv: {{ environment.name }}

# The templates that follow ask the mine for the addresses of the other hosts.
publish-addresses:
  salt.function:
    - name: mine.update
    - tgt: {{ members | json }}
    - tgt_type: list
    - onchanges:
      - salt: prepare-hosts
{%- set previous = namespace(step='publish-addresses') %}
{%- for role in ['db', 'app', 'lb'] %}

deploy-{{ role }}:
  salt.state:
    - tgt: {{ environment.hosts[role] | json }}
    - tgt_type: list
    - highstate: True
    - pillarenv: {{ environment.name }}
    - require:
      - salt: {{ previous.step }}
{%-   set previous.step = 'deploy-' ~ role %}
{%- endfor %}

# Whoever listens to the event bus learns that something is new; a deployment without changes is silent.
announce:
  salt.runner:
    - name: event.send
    - tag: campus/environment/{{ environment.name }}/deployed
    - data:
        hosts: {{ members | json }}
    - require:
      - salt: {{ previous.step }}
    - onchanges:
      - salt: deploy-db
      - salt: deploy-app
      - salt: deploy-lb
