one: two
