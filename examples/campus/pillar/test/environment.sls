environment:
  name: test
  hosts:
    db: [db]
    app: [app1]
    lb: [lb]

campus:
  instances: 2
