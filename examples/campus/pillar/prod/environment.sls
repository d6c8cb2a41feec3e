environment:
  name: prod
  hosts:
    db: [db]
    app: [app1, app2]
    lb: [lb]

campus:
  instances: 4

lb:
  maxconn: 8000

varnish:
  memory: 128m
