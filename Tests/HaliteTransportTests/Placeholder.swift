// HaliteTransport
