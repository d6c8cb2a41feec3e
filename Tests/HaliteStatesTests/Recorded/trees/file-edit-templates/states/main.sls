append:
  file.append:
    - name: "{{ pillar['work'] }}/a"
    - sources: ["salt://one.j2", "salt://two.j2"]
    - context: {"x": 1}
    - defaults: {"x": 0, "y": 2}
prepend:
  file.prepend:
    - name: "{{ pillar['work'] }}/p"
    - source: "salt://one.j2"
    - context: {"x": 5}
block:
  file.blockreplace:
    - name: "{{ pillar['work'] }}/b"
    - source: "salt://one.j2"
    - context: {"x": 7}
    - append_if_not_found: true
missing:
  file.append:
    - name: "{{ pillar['work'] }}/a"
    - source: "salt://nosuch.j2"
