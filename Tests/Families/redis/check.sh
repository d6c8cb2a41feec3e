REDISCLI_AUTH='a "word"' redis-cli get greeting | grep -q world
