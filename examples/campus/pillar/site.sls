# What is the same in every environment.
campus:
  root: /srv/campus
  user: campus
  ports:
    site: 80
    varnish: 6081
    haproxy: 8080
    instances: 8100   # instance N listens on 8100 + N
    storage: 8200
