include:
- dir
exclude:
- b
