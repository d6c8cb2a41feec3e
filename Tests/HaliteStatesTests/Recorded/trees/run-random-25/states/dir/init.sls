include:
- main
