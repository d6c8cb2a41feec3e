gone:
  pkg.removed:
    - pkgs: [halite-one, halite-two]
repository:
  pkgrepo.absent:
    - name: test
