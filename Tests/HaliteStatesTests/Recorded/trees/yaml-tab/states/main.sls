one:
	test.nop: []
