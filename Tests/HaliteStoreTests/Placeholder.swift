// HaliteStore
