a:
  test.succeed_with_changes:
    - creates: /etc/passwd
b:
  test.succeed_with_changes:
    - creates: /nowhere/at/all
c:
  test.succeed_with_changes:
    - creates:
      - /etc/passwd
      - /nowhere/at/all
