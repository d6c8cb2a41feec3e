// HaliteCore
