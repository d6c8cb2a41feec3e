// HaliteMinion
