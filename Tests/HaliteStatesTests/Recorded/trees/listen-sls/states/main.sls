include:
  - other
mine:
  test.succeed_without_changes:
    - listen:
      - sls: other
