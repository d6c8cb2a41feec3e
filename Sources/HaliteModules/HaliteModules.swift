// HaliteModules
