block:
  file.serialize:
    - name: {{ pillar['work'] }}/block
    - dataset: {b: [1, two, null, true, 1.5], a: {deep: {x: "it's", e: ''}}, n: '0123'}
flow:
  file.serialize:
    - name: {{ pillar['work'] }}/flow
    - dataset: {b: [1, 2], a: {x: y}}
    - serializer_opts: [{default_flow_style: True}, {explicit_start: True}]
indent:
  file.serialize:
    - name: {{ pillar['work'] }}/indent
    - dataset: {a: {x: {y: z}}}
    - serializer_opts: [{indent: 4}]
letters:
  file.serialize:
    - name: "{{ pillar['work'] }}/letters"
    - dataset: {"k": "grüße"}
encoded:
  file.serialize:
    - name: "{{ pillar['work'] }}/encoded"
    - dataset: {"k": "grüße"}
    - encoding: "utf-8"
unknown:
  file.serialize:
    - name: "{{ pillar['work'] }}/u"
    - dataset: {"a": 1}
    - serializer_opts: [{"bogus": 1}]
merged:
  file.serialize:
    - name: "{{ pillar['work'] }}/merged"
    - dataset: {"a": {"y": 2}, "b": 3}
    - merge_if_exists: true
broken:
  file.serialize:
    - name: "{{ pillar['work'] }}/broken"
    - dataset: {"a": 1}
    - merge_if_exists: true
empty:
  file.serialize:
    - name: "{{ pillar['work'] }}/empty"
    - dataset: {"a": 1}
    - merge_if_exists: true
