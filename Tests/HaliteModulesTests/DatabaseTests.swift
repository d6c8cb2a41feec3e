import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

/// The texts that database servers and their clients exchange.
@Suite struct DatabaseTests {
    @Test func csvKeepsCommasQuotesAndLineEndsInQuotes() {
        #expect(CommaSeparated.rows("a,b\n\"1,\"\"x\",\"l\nm\"\n\n,\n") == [["a", "b"], ["1,\"x", "l\nm"], [], ["", ""]])
    }

    @Test func namesAndTextsCannotEndTheirQuotes() {
        #expect(SQLText.name("a\"; drop") == "\"a\"\"; drop\"")
        #expect(SQLText.literal("it's \\") == "'it''s \\'")
        #expect(MySQLClient.literal("it's \\") == "'it''s \\\\'")
        #expect(MySQLClient.name("a`_b", forGrants: true) == "`a``\\_b`")
    }

    @Test func keptPasswordsMatchTheirPasswords() throws {
        let kept = try PostgresPassword.encrypted("pencil", role: "user", .scram)
        #expect(PostgresPassword.matches("pencil", role: "user", kept: kept, .scram))
        #expect(!PostgresPassword.matches("pencils", role: "user", kept: kept, .scram))
        let md5 = try PostgresPassword.encrypted("secret", role: "bob", .md5)
        #expect(md5.hasPrefix("md5") && md5.utf8.count == 35)
        #expect(try PostgresPassword.encrypted(md5, role: "bob", .md5) == md5)
        #expect(MySQLClient.hash("password") == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19")
    }

    @Test func versionsAreOrderedByTheirNumbers() {
        #expect(LooseVersion("1.9") < LooseVersion("1.10"))
        #expect(LooseVersion("2.0") < LooseVersion("2.0.1"))
        #expect(MySQLVersion(text: "10.11.6-MariaDB-0+deb12u1").isAtLeast("10.4"))
    }

    @Test func grantsAreReadFromTheirStatements() {
        let grant = MySQLGrant("GRANT SELECT (`a`), CREATE TEMPORARY TABLES ON `shop`.* TO `bob`@`localhost`")
        #expect(grant.rights == ["SELECT", "SELECT.`a`", "CREATE TEMPORARY TABLES"])
        #expect(grant.database == "`shop`.*" && grant.user == "`bob`" && grant.host == "`localhost`")
    }

    @Test(arguments: ["SELECT; DROP TABLE x", "BOGUS", "SELECT (a; DROP USER x)", "SELECT (a) x"])
    func whatIsNoRightIsRefused(_ text: String) {
        #expect(throws: ExecutionError.self) { try MySQLGrant.normalised(text) }
    }

    @Test func xmlTellsNullFromText() {
        let text = """
            <resultset statement="x"><row><field name="a">1 &lt; 2</field><field name="b" xsi:nil="true" /><field name="c"></field></row></resultset>
            """
        #expect(MySQLXML.resultSets(text) == [[["a": "1 < 2", "b": .null, "c": ""]]])
    }

    @Test func redisAnswersBecomeValues() {
        #expect(RedisAnswer.value("(integer) 7") == 7)
        #expect(RedisAnswer.value("\"a\\\"\\xc3\\xa9\\n\"") == "a\"é\n")
        #expect(RedisAnswer.value("1) \"a\"\n2) (nil)") == ["a", .null])
        #expect(RedisAnswer.value("1) \"0\"\n2) 1) \"f\"\n   2) \"1\"") == ["0", ["f", "1"]])
    }

    @Test func haproxyIsAskedOverItsSocket() async throws {
        let host = FakeHost()
        #expect(try await (try? host.exchange("/run/x", [], limit: 1, timeout: .seconds(1))) == nil)
        host.answer(socket: "/run/x", to: "show stat\r\n", with: "# pxname,svname\n")
        #expect(
            try await host.exchange("/run/x", Array("show stat\r\n".utf8), limit: 99, timeout: .seconds(1))
                == Array("# pxname,svname\n".utf8))
    }
}
