up:
  file.managed:
    - name: "{{ pillar['work'] }}/up"
    - source: "salt://conf/../plain.txt"
rendered:
  file.managed:
    - name: "{{ pillar['work'] }}/rendered"
    - source: "salt://conf/deep/../app.j2"
    - template: "jinja"
out:
  file.managed:
    - name: "{{ pillar['work'] }}/out"
    - source: "salt://../states/plain.txt"
odd:
  file.managed:
    - name: "{{ pillar['work'] }}/odd"
    - source: "salt://odd../f"
dot:
  file.managed:
    - name: "{{ pillar['work'] }}/dot"
    - source: "salt://./plain.txt"
slashes:
  file.managed:
    - name: "{{ pillar['work'] }}/slashes"
    - source: "salt://conf//app.j2"
three:
  file.managed:
    - name: "{{ pillar['work'] }}/three"
    - source: "salt:///plain.txt"
listed:
  file.managed:
    - name: "{{ pillar['work'] }}/listed"
    - source: ["salt://conf/../plain.txt", "salt://./plain.txt", "salt://conf//app.j2", "salt://plain.txt"]
nothing-listed:
  file.managed:
    - name: "{{ pillar['work'] }}/nothing"
    - source: ["salt://./plain.txt", "salt://conf/"]
appended:
  file.append:
    - name: "{{ pillar['work'] }}/appended"
    - source: "salt://conf/../plain.txt"
block:
  file.blockreplace:
    - name: "{{ pillar['work'] }}/block"
    - source: "salt://conf/../plain.txt"
    - append_if_not_found: true
cached:
  file.cached:
    - name: "salt://conf/../plain.txt"
folder:
  file.recurse:
    - name: "{{ pillar['work'] }}/folder"
    - source: "salt://conf/../conf"
