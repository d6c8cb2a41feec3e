ssh:
  iptables.delete:
    - chain: INPUT
    - match: [state, comment]
    - connstate: NEW
    - comment: for the crew
    - proto: tcp
    - dport: 22
    - jump: KNOWN
    - save: True

KNOWN:
  iptables.chain_absent:
    - require:
      - iptables: ssh

open:
  iptables.set_policy:
    - chain: FORWARD
    - policy: ACCEPT
