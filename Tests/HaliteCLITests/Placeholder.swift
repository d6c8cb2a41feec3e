// HaliteCLI
