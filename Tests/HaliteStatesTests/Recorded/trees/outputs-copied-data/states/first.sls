{% do salt['slsutil.merge'](pillar.site, {'tree': {'x': 1}}) %}
{% do salt['grains.filter_by']({'default': {'tree': {}}}, merge=salt['pillar.get']('site')).tree.update({'x': 1}) %}
{% do salt['defaults.deepcopy'](pillar.site).update({'x': 1}) %}
{% do salt['pillar.items']().site.update({'x': 1}) %}
{% do salt['pillar.get']('missing', pillar.site, merge=True).update({'x': 1}) %}
{% do salt['config.get']('site', merge='recurse').update({'x': 1}) %}
{% set own = salt['pillar.get']('missing', {'a': 1}) %}
{% do own.update({'b': 2}) %}
first:
  test.nop:
    - own: {{ own | json }}
