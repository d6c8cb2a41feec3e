for-block:
  file.accumulated:
    - filename: {{ pillar['work'] }}/f
    - text: [one, two]
    - require_in: [{file: block}]
for-other:
  file.accumulated:
    - filename: {{ pillar['work'] }}/f
    - text: three
    - require_in: [{file: other}]
block:
  file.blockreplace:
    - name: "{{ pillar['work'] }}/f"
    - content: "first"
other:
  file.touch:
    - name: "{{ pillar['work'] }}/o"
