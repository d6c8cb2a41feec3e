include:
  - pack
