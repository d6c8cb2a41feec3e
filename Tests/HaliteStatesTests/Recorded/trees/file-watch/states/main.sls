watched:
  file.managed:
    - name: "{{ pillar['work'] }}/w"
    - contents: "new"
watcher:
  file.managed:
    - name: "{{ pillar['work'] }}/x"
    - contents: "same"
    - watch: [{"file": "watched"}]
on-changes:
  file.touch:
    - name: "{{ pillar['work'] }}/t"
    - onchanges: [{"file": "watched"}]
ignored:
  file.managed:
    - name: "{{ pillar['work'] }}/i"
    - contents: "b\na"
    - ignore_ordering: true
on-ignored:
  file.touch:
    - name: "{{ pillar['work'] }}/never"
    - onchanges: [{"file": "ignored"}]
refused:
  file.managed:
    - name: "{{ pillar['work'] }}/r"
    - contents: "new"
    - check_cmd: "grep old"
on-refused:
  file.touch:
    - name: "{{ pillar['work'] }}/never2"
    - onchanges: [{"file": "refused"}]
