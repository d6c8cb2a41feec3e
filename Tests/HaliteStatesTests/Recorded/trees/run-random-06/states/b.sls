id0: test.succeed_with_changes
