free:
  pkg.unheld:
    - name: halite-one
gone:
  pkg.purged:
    - pkgs: [halite-one, halite-two]
    - require:
      - pkg: free
other:
  pkgrepo.absent:
    - name: deb [arch=amd64 signed-by=/etc/apt/keyrings/other.asc] https://other.example.org/debian stable main
