rabbitmqctl -q authenticate_user alice "it's \"secret\""
rabbitmqctl -q list_user_permissions alice | grep -q 'shop.*\^a'
rabbitmqctl -q list_policies -p shop | grep -q max-length
rabbitmqctl -q list_parameters | grep -q elsewhere.example
