// HaliteValue
