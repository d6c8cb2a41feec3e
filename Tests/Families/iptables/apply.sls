KNOWN:
  iptables.chain_present

loopback:
  iptables.insert:
    - chain: INPUT
    - position: 1
    - if: lo
    - jump: ACCEPT

ssh:
  iptables.append:
    - chain: INPUT
    - match: [state, comment]
    - connstate: NEW
    - comment: for the crew
    - proto: tcp
    - dport: 22
    - jump: KNOWN
    - save: True
    - require:
      - iptables: KNOWN

some ports:
  iptables.append:
    - chain: FORWARD
    - proto: tcp
    - dports: [80, 443]
    - source: '! 10.0.0.0/8'
    - jump: REJECT
    - reject-with: tcp-reset

six:
  iptables.append:
    - family: ipv6
    - chain: INPUT
    - source: fe80::/10
    - jump: ACCEPT

masquerade:
  iptables.append:
    - table: nat
    - chain: POSTROUTING
    - of: eth9
    - jump: MASQUERADE

closed:
  iptables.set_policy:
    - chain: FORWARD
    - policy: DROP
