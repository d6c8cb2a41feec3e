greeting:
  redis.string:
    - value: "hello\n\"world\""
    - password: a "word"
