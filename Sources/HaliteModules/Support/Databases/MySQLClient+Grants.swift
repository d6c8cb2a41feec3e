import HaliteModuleKit
import HaliteValue

/// Grants: which rights on which database, for whom.
struct MySQLGrantRequest: ArgumentGroup {
    var grant: String?
    var database: String?
    var user: String?
    var host = "localhost"
    var grantOption = false
    var escape = true

    static let required: [ArgumentField<Self>] = [
        .field("grant", \.grant, "The rights, with commas between them.", required: true),
        .field("database", \.database, "Such as app.* or app.table.", required: true), .field("user", \.user, "The user.", required: true),
    ]
    static let rest: [ArgumentField<Self>] = [
        .field("host", \.host, "The host that the user comes from."), .field("grant_option", \.grantOption, "The user may pass them on."),
        .field("escape", \.escape, "Put the database in quotes."),
    ]
    static let fields = required + rest
}

extension MySQLClient {
    /// Nil when there is no such user, or no answer.
    func grants(_ user: String, _ host: String) async throws -> [String]? {
        guard try await hasUser(user, host) else { return nil }
        guard let answer = try await run("SHOW GRANTS FOR \(Self.account(user, host))") else { return nil }
        return answer.list.map { value in
            let text = value.pythonString
            let short = text.parts(" IDENTIFIED BY", maxSplits: 1)[0]
            let isLost = text.contains("WITH GRANT OPTION") && !short.contains("WITH GRANT OPTION")
            return isLost ? short + " WITH GRANT OPTION" : short
        }
    }

    func hasGrant(_ request: MySQLGrantRequest) async throws -> Bool {
        let text = try await version()
        if text.isEmpty { return false }
        let version = MySQLVersion(text: text)
        let (database, user) = (request.database ?? "", request.user ?? "")
        var grant = request.grant ?? ""
        if grant.uppercased().contains("ALL") {
            grant =
                version.isAtLeast("8.0") && !version.isMariaDB && database == "*.*"
                ? MySQLGrant.allOfMySQL8.joined(separator: ",") : "ALL PRIVILEGES"
        }
        let account = Self.account(user, request.host)
        guard
            let statement = try? MySQLGrant.statement(
                grant, database, grantOption: request.grantOption, escape: request.escape, to: account),
            let found = try await grants(user, request.host)
        else { return false }
        let wanted = MySQLGrant(statement, account: (user, request.host)).resolved(version)
        var byDatabase: [MySQLGrant] = []
        for one in found.map({ MySQLGrant($0).resolved(version) }) {
            if let index = byDatabase.firstIndex(where: { $0.database == one.database }) {
                byDatabase[index].rights += one.rights
            } else {
                byDatabase.append(one)
            }
        }
        return byDatabase.contains { one in
            plain(one.user) == plain(wanted.user) && plain(one.host) == plain(wanted.host) && plain(one.database) == plain(wanted.database)
                && wanted.rights.allSatisfy { one.rights.contains($0) }
        }
    }

    private func plain(_ text: String) -> String {
        text.replacing("\"", with: "").replacing("\\", with: "").replacing("`", with: "")
    }

    func addGrant(_ request: MySQLGrantRequest, ssl: Value) async throws -> Bool {
        let account = Self.account(request.user ?? "", request.host)
        let statement = try? MySQLGrant.statement(
            (request.grant ?? "").stripped(), request.database ?? "", grantOption: request.grantOption, escape: request.escape, ssl: ssl,
            to: account)
        guard let statement else { return false }
        // A table that is not there is no fault of the statement here.
        do {
            guard try await run(statement) != nil else { return false }
        } catch let fault as ExecutionError {
            error = .string("MySQL Error \(Self.words(of: fault))")
            return false
        }
        return try await hasGrant(request)
    }

    /// `1146: Table …` of `(1146, "Table …")`.
    private static func words(of fault: ExecutionError) -> String {
        let pair = fault.description.dropFirst().dropLast().split(separator: ", ", maxSplits: 1)
        return pair.count == 2 ? "\(pair[0]): \(pair[1].dropFirst().dropLast())" : fault.description
    }

    func revokeGrant(_ request: MySQLGrantRequest) async throws -> Bool {
        var grant = try MySQLGrant.normalised(request.grant ?? "")
        if request.grantOption { grant += ", GRANT OPTION" }
        let target = try MySQLGrant.target(request.database ?? "")
        guard try await run("REVOKE \(grant) ON \(target) FROM \(Self.account(request.user ?? "", request.host))") != nil else {
            return false
        }
        return try await !hasGrant(request)
    }
}
