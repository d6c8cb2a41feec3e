# What pillar.get gives is the data itself; a merge over defaults copies the upper level alone.
{% set ports = salt['pillar.get']('ports') %}
{% do ports.update({'imaps': 993}) %}
{% set merged = salt['pillar.get']('limits', {'files': 10}, merge=True) %}
{% do merged.update({'lost': 1}) %}
{% do merged.soft.update({'kept': 2}) %}
{% do salt['pillar.get']('names').append('third') %}
{% do salt['config.get']('mail').update({'relay': 'mx'}) %}
{% do pillar.update({'templates': 'alone'}) %}
{% do grains.update({'rack': 'r7'}) %}
{% do salt['defaults.merge'](salt['pillar.get']('nested'), {'deep': {'more': true}}) %}
first: test.nop
