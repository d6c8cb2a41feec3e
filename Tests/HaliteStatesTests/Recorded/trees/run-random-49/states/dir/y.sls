include:
- b
