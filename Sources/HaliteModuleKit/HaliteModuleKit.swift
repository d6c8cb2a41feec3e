// HaliteModuleKit
