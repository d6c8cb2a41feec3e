// HaliteStates
