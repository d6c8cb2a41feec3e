root:
  file.recurse:
    - name: "{{ pillar['work'] }}/a"
    - source: "salt://"
slashes:
  file.recurse:
    - name: "{{ pillar['work'] }}/b"
    - source: "salt:///"
environment:
  file.recurse:
    - name: "{{ pillar['work'] }}/c"
    - source: "salt://?saltenv=base"
first-that-is-there:
  file.recurse:
    - name: "{{ pillar['work'] }}/d"
    - source: ["salt://?saltenv=base", "salt://nope", "salt://tree/"]
