through-nothing:
  file.directory:
    - name: "{{ pillar['work'] }}/x/../q"
    - makedirs: true
through-a-folder:
  file.directory:
    - name: "{{ pillar['work'] }}/y/../r"
    - makedirs: true
no-parents:
  file.directory:
    - name: "{{ pillar['work'] }}/z/deep"
after:
  file.touch:
    - name: "{{ pillar['work'] }}/never"
    - require: [{"file": "through-nothing"}]
