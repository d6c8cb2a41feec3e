greeting:
  redis.absent:
    - password: a "word"
