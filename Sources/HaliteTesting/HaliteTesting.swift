// HaliteTesting
