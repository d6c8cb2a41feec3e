shop:
  rabbitmq_vhost.present: []

alice:
  rabbitmq_user.present:
    - password: it's "secret"
    - tags:
      - monitoring
    - perms:
      - shop:
        - '.*'
        - '^a'
        - '.*'
    - require:
      - rabbitmq_vhost: shop

short:
  rabbitmq_policy.present:
    - vhost: shop
    - pattern: '.*'
    - definition: '{"max-length": 10}'
    - priority: 2
    - require:
      - rabbitmq_vhost: shop

rabbitmq_federation:
  rabbitmq_plugin.enabled: []

elsewhere:
  rabbitmq_upstream.present:
    - uri: amqp://elsewhere.example
    - max_hops: 2
    - require:
      - rabbitmq_plugin: rabbitmq_federation
