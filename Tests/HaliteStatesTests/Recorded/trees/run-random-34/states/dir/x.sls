include:
- a
- .y
exclude:
- sls: dir.y
