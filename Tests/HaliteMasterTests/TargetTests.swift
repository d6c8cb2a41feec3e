import HaliteCore
import HaliteStore
import HaliteValue
import Testing

@testable import HaliteMaster

/// Who gets a job.
@Suite(.timeLimit(.minutes(1)))
struct TargetTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: Target.Kind
        let expression: Value
        let wanted: [String]
        var testDescription: String { "\(kind.rawValue) \(expression.pythonString)" }
    }

    static let cases: [Case] = [
        Case(kind: .glob, expression: "*", wanted: ["db", "web1", "web2"]),
        Case(kind: .glob, expression: "web[12]", wanted: ["web1", "web2"]),
        Case(kind: .glob, expression: "app*", wanted: []),
        Case(kind: .pcre, expression: "web\\d$", wanted: ["web1", "web2"]),
        Case(kind: .list, expression: "db,web2,other", wanted: ["db", "web2"]),
        Case(kind: .list, expression: ["db", "web1"], wanted: ["db", "web1"]),
        Case(kind: .grain, expression: "roles:web", wanted: ["web1", "web2"]),
        Case(kind: .grain, expression: "os:Deb*", wanted: ["db", "web1", "web2"]),
        Case(kind: .grainPCRE, expression: "roles:^(db|zeo)$", wanted: ["db"]),
        Case(kind: .pillar, expression: "tier:back", wanted: ["db"]),
        Case(kind: .pillarPCRE, expression: "tier:^fr", wanted: ["web1", "web2"]),
        Case(kind: .pillarExact, expression: "tier:fr*", wanted: []),
        Case(kind: .ipcidr, expression: "10.0.0.0/30", wanted: ["web1", "web2"]),
        Case(kind: .nodegroup, expression: "front", wanted: ["web1", "web2"]),
        Case(kind: .compound, expression: "G@roles:web and not web2 or I@tier:back", wanted: ["db", "web1"]),
        Case(kind: .compound, expression: "( N@front and E@.*2$ ) or L@db,x", wanted: ["db", "web2"]),
    ]

    /// One cluster for all kinds: only those that match answer, and all of them.
    @Test func everyKindReachesThoseThatMatchAndNobodyElse() async throws {
        var setting = Cluster.Setting()
        setting.pillar = [
            "top.sls": "base:\n  'web*': [front]\n  db: [back]\n", "front.sls": "tier: front\n", "back.sls": "tier: back\n",
        ]
        setting.master = ["nodegroups": ["front": "web*"]]
        try await Cluster.run(setting) { (cluster: Cluster) async throws in
            try await cluster.start("web1", grains: ["os": "Debian", "roles": ["web"], "ipv4": ["10.0.0.1"]])
            try await cluster.start("web2", grains: ["os": "Debian", "roles": ["web", "cache"], "ipv4": ["10.0.0.2"]])
            try await cluster.start("db", grains: ["os": "Debian", "roles": ["db"], "ipv4": ["10.0.0.9"]])
            for example in Self.cases {
                let answers = try await cluster.call(example.expression, "test.ping", kind: example.kind)
                #expect(answers.keys.sorted() == example.wanted, "\(example.testDescription)")
                #expect(answers.values.allSatisfy { $0 == .returned(true, code: 0) }, "\(example.testDescription)")
            }
        }
    }

    @Test(arguments: [
        (Target.Kind.compound, "web* and"), (.compound, "( web*"), (.compound, "X@a"), (.nodegroup, "nope"), (.grain, "os"),
        (.ipcidr, "10.0.0.0/99"), (.pcre, "("),
    ])
    func aTargetThatCannotBeReadIsAnErrorAndNoJob(_ kind: Target.Kind, _ expression: String) async throws {
        try await Cluster.run { (cluster: Cluster) async throws in
            await #expect(throws: (any Error).self) { try await cluster.call(.string(expression), "test.ping", kind: kind) }
            #expect(try cluster.master.store.jobs().isEmpty)
        }
    }
}
