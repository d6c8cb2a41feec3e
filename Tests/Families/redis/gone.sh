REDISCLI_AUTH='a "word"' redis-cli exists greeting | grep -q 0
