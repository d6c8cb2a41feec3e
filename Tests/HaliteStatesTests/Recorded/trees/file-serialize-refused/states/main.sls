new:
  file.serialize:
    - name: "{{ pillar['work'] }}/new"
    - dataset: {"k": "v"}
    - check_cmd: "false"
present:
  file.serialize:
    - name: "{{ pillar['work'] }}/present"
    - dataset: {"k": "v"}
    - check_cmd: "false"
    - mode: "0640"
private:
  file.serialize:
    - name: "{{ pillar['work'] }}/private"
    - dataset: {"k": "v"}
    - check_cmd: "false"
    - mode: "0600"
quiet:
  file.serialize:
    - name: "{{ pillar['work'] }}/quiet"
    - dataset: {"k": "v"}
    - check_cmd: "false"
    - show_changes: false
depends:
  file.touch:
    - name: "{{ pillar['work'] }}/never"
    - require: [{"file": "new"}]
