// HaliteMaster
