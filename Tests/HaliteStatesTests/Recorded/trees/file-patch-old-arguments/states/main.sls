missing:
  file.patch:
    - name: "{{ pillar['work'] }}/nope"
    - source: "salt://p"
    - hash: "x"
reject:
  file.patch:
    - name: "{{ pillar['work'] }}/f"
    - source: "salt://p"
    - dry_run_first: false
    - reject_file: "rel"
option:
  file.patch:
    - name: "{{ pillar['work'] }}/f"
    - source: "salt://p"
    - hash: "x"
    - dry_run_first: true
    - options: "-N"
