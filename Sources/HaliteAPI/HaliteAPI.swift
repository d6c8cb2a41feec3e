// HaliteAPI
