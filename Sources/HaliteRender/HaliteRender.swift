// HaliteRender
