id-{{ grains['id'] }}:
  test.nop:
    - name: {{ pillar['colour'] }} {{ salt['pillar.get']('deep:er', 'none') }} {{ salt['pillar.get']('absent', 'default') }}
