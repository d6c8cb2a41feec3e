// HaliteLab
