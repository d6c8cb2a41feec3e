// HaliteHost
