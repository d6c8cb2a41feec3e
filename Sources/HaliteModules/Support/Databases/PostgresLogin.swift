import HaliteModuleKit
import HaliteValue

/// How states name the connection: `user` is the account that runs psql, `db_user` the role that connects.
struct PostgresLogin: ArgumentGroup {
    var connection = PostgresConnection()

    static let fields: [ArgumentField<Self>] = [
        .field("user", \.connection.runas, "The account that runs psql."),
        .field("maintenance_db", \.connection.maintenanceDB, "The database to connect to."),
        .field("db_password", \.connection.password, "The password of the role that connects."),
        .field("db_host", \.connection.host, "The server, or the folder of its socket."),
        .field("db_port", \.connection.port, "Its port."),
        .field("db_user", \.connection.user, "The role that connects."),
    ]
    static let withoutDatabase = fields.filter { $0.argumentName != "maintenance_db" }

    func client(_ state: StateContext) -> PostgresClient { PostgresClient(state.call, connection) }
}

extension StateContext {
    /// Something whose change is told by one word: `{name: Present}`.
    func changed(_ comment: String, _ word: Value, key: String? = nil) -> StateResult {
        StateResult(name: name, result: true, comment: comment, changes: [.string(key ?? name): word])
    }

    /// What would be done, without changes foretold.
    func planned(_ comment: String, changes: ValueMap = [:]) -> StateResult {
        StateResult(name: name, result: nil, comment: comment, changes: changes)
    }
}
