// HaliteJinja
