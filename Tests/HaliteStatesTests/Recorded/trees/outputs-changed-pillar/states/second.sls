second:
  test.nop:
    - functions: {{ [salt['pillar.get']('ports'), salt['pillar.get']('limits'), salt['pillar.get']('names'), salt['pillar.get']('mail'), salt['pillar.get']('nested')] | json }}
    - templates: {{ [pillar.ports, pillar.limits, pillar.names, pillar.mail, pillar.nested, pillar.get('templates')] | json }}
    - missing: {{ salt['pillar.get']('templates', 'not there') }}
    - compiled: {{ salt['pillar.items']().ports | json }}
    - grains: {{ [grains.rack, salt['grains.get']('rack'), salt['grains.item']('rack').rack] | json }}
