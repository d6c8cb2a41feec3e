unfinished-line:
  file.serialize:
    - name: "{{ pillar['work'] }}/headless"
    - dataset: {"s": {"k": "v"}}
    - serializer: "configparser"
    - merge_if_exists: true
broken-lines:
  file.serialize:
    - name: "{{ pillar['work'] }}/broken"
    - dataset: {"s": {"k": "v"}}
    - serializer: "configparser"
    - merge_if_exists: true
empty-dictionary:
  file.serialize:
    - name: "{{ pillar['work'] }}/braces"
    - dataset: {"k": "v"}
    - merge_if_exists: true
empty-document:
  file.serialize:
    - name: "{{ pillar['work'] }}/comment"
    - dataset: {"k": "v"}
    - merge_if_exists: true
nothing-said:
  file.serialize:
    - name: "{{ pillar['work'] }}/null"
    - dataset: {"k": "v"}
    - merge_if_exists: true
relative:
  file.serialize:
    - name: "relative-name"
    - dataset: {"a": 1}
plist:
  file.serialize:
    - name: "{{ pillar['work'] }}/plist"
    - dataset: {"a": 1}
    - serializer: "plist"
