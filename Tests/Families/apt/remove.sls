free:
  pkg.unheld:
    - name: halite-one
gone:
  pkg.purged:
    - pkgs: [halite-one, halite-two]
    - require:
      - pkg: free
