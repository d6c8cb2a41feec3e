include:
- .y
exclude:
- sls: dir.y
