base:
  '*':
    - parts.*
