elsewhere:
  rabbitmq_upstream.absent: []

rabbitmq_federation:
  rabbitmq_plugin.disabled:
    - require:
      - rabbitmq_upstream: elsewhere

short:
  rabbitmq_policy.absent:
    - vhost: shop

alice:
  rabbitmq_user.absent: []

shop:
  rabbitmq_vhost.absent:
    - require:
      - rabbitmq_policy: short
