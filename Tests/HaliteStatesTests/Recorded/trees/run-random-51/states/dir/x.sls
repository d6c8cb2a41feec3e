include:
- .y
