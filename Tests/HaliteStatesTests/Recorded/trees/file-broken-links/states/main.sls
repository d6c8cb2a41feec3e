link:
  file.symlink:
    - name: "{{ pillar['work'] }}/l"
    - target: "{{ pillar['work'] }}/nowhere"
private:
  file.managed:
    - name: "{{ pillar['work'] }}/l"
    - contents: "new"
    - mode: "0600"
    - require: [{"file": "link"}]
plain:
  file.managed:
    - name: "{{ pillar['work'] }}/l"
    - contents: "new"
    - require: [{"file": "link"}]
from-source:
  file.managed:
    - name: "{{ pillar['work'] }}/l"
    - source: "salt://s"
    - require: [{"file": "link"}]
on-failure:
  file.touch:
    - name: "{{ pillar['work'] }}/told"
    - onfail: [{"file": "private"}]
