# An application host, from the outside inwards: nginx, Varnish, HAProxy, the instances.
include:
  - .nginx
  - .varnish
  - .haproxy
  - .instances
