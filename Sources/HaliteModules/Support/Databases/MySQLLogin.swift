import HaliteModuleKit
import HaliteValue

/// The arguments of states that say where a MySQL server is and who asks it.
struct MySQLLogin: ArgumentGroup {
    private(set) var arguments = ValueMap()
    var clientFlags: Value = .null

    private subscript(name: String) -> Value {
        get { arguments[name] ?? .null }
        set { arguments[.string(name)] = newValue }
    }

    private var user: Value {
        get { self["connection_user"] }
        set { self["connection_user"] = newValue }
    }
    private var password: Value {
        get { self["connection_pass"] }
        set { self["connection_pass"] = newValue }
    }
    private var host: Value {
        get { self["connection_host"] }
        set { self["connection_host"] = newValue }
    }
    private var port: Value {
        get { self["connection_port"] }
        set { self["connection_port"] = newValue }
    }
    private var socket: Value {
        get { self["connection_unix_socket"] }
        set { self["connection_unix_socket"] = newValue }
    }
    private var database: Value {
        get { self["connection_db"] }
        set { self["connection_db"] = newValue }
    }
    private var file: Value {
        get { self["connection_default_file"] }
        set { self["connection_default_file"] = newValue }
    }
    private var group: Value {
        get { self["connection_default_group"] }
        set { self["connection_default_group"] = newValue }
    }
    private var charset: Value {
        get { self["connection_charset"] }
        set { self["connection_charset"] = newValue }
    }

    static let fields: [ArgumentField<Self>] = [
        .field("connection_user", \.user, "The user that connects."), .field("connection_pass", \.password, "Its password."),
        .field("connection_host", \.host, "The server."), .field("connection_port", \.port, "Its port."),
        .field("connection_unix_socket", \.socket, "Its socket."), .field("connection_db", \.database, "The database to connect to."),
        .field("connection_default_file", \.file, "A configuration file of MySQL with these settings."),
        .field("connection_default_group", \.group, "A further section of that file."),
        .field("connection_charset", \.charset, "The character set of the connection."),
        // Salt's drivers know flags for which the command has no counterpart.
        .field("client_flags", \.clientFlags, "Without effect."),
    ]

    func client(_ state: StateContext) -> MySQLClient { MySQLClient(state.call, arguments) }
}
