import HaliteCore
import HaliteValue
import Testing

/// Which minions a target means.
struct TargetMatcherTests {
    private static let facts = MinionFacts(
        id: "web1.example.com",
        grains: [
            "os": "Debian", "osmajorrelease": 12, "roles": ["web", "cache"], "a": ["b": ["c": "d:e", "list": [1, 2]]], "virtual": true,
            "ipv4": ["127.0.0.1", "10.1.2.3"], "ipv6": ["::1", "fd00::5"], "none": .null,
        ],
        pillar: ["tier": "front", "deep": ["er": ["x", "y"]]])

    @Test(
        arguments: [
            (.glob, "*", true), (.glob, "web?.*", true), (.glob, "web[2-9]*", false), (.glob, "WEB*", false), (.glob, "", false),
            (.pcre, "web\\d", true), (.pcre, "example", false), (.pcre, ".*com$", true),
            (.list, "web1.example.com,db", true), (.list, " db , web1.example.com ", true), (.list, "web1", false), (.list, "web*", false),
            (.grain, "os:Debian", true), (.grain, "os:deb*", true), (.grain, "roles:cache", true), (.grain, "roles:c*", true),
            (.grain, "roles:db", false),
            (.grain, "osmajorrelease:12", true), (.grain, "osmajorrelease:1?", true), (.grain, "a:b:c:d:e", true),
            (.grain, "a:b:list:2", true),
            (.grain, "virtual:True", true), (.grain, "a:*", true), (.grain, "nope:*", false), (.grain, "a:b:c:x", false),
            (.grainPCRE, "os:^(Debian|Ubuntu)$", true), (.grainPCRE, "os:debian", true), (.grainPCRE, "os:^eb", false),
            (.pillar, "tier:f*", true), (.pillar, "deep:er:y", true), (.pillarExact, "tier:f*", false), (.pillarExact, "tier:front", true),
            (.pillarExact, "tier:FRONT", true),
            (.pillarPCRE, "tier:fr.nt", true),
            (.ipcidr, "10.1.0.0/16", true), (.ipcidr, "10.1.2.3", true), (.ipcidr, "10.2.0.0/16", false), (.ipcidr, "fd00::/8", true),
            (.ipcidr, "0.0.0.0/0", true),
            (.nodegroup, "front", true), (.nodegroup, "back", false), (.nodegroup, "nested", true), (.nodegroup, "listed", true),
            (.compound, "G@os:Debian", true), (.compound, "G@os:Debian and not web1*", false), (.compound, "not db*", true),
            (.compound, "db or web1*", true), (.compound, "db or web1* and G@os:RedHat", false),
            (.compound, "( db or web1* ) and I@tier:front", true),
            (.compound, "(db or web1*) and I@tier:front", true), (.compound, "not ( db or web1* )", false), (.compound, "P@os:^Deb", true),
            (.compound, "S@10.1.0.0/16 and E@web\\d", true), (.compound, "L@db,web1.example.com", true), (.compound, "J@tier:^fr", true),
            (.compound, "G/@a/b/c/d:e", true), (.compound, "N@back or N@front", true), (.compound, "not not web1*", true),
        ] as [(Target.Kind, String, Bool)])
    func aTargetMatches(_ kind: Target.Kind, _ expression: String, _ wanted: Bool) throws {
        let groups: ValueMap = [
            "front": "G@roles:web", "back": "G@roles:db", "nested": "N@front and web*", "listed": ["G@os:Debian", "and", "web*"],
        ]
        #expect(try TargetMatcher(Target(.string(expression), kind: kind), nodegroups: groups).matches(Self.facts) == wanted)
    }

    @Test func anotherDelimiterSeparatesKeys() throws {
        #expect(try TargetMatcher(Target("a|b|c|d:e", kind: .grain, delimiter: "|")).matches(Self.facts))
    }

    @Test(
        arguments: [
            (.compound, "web* and", "ends where"), (.compound, "and web*", "unexpected 'and'"), (.compound, "( web*", "not closed"),
            (.compound, "web* )", "unexpected ')'"), (.compound, "web* db*", "unexpected 'db*'"),
            (.compound, "X@web", "unknown target kind 'X@'"),
            (.compound, "", "ends where"), (.compound, "G@os", "needs the form"), (.nodegroup, "frnt", "did you mean 'front'?"),
            (.nodegroup, "ring", "without end"),
            (.grain, "os", "needs the form 'key:pattern'"), (.ipcidr, "10.0.0.0/33", "prefix length"),
            (.ipcidr, "x", "neither an address nor a network"),
            (.pcre, "(", ""), (.compound, String(repeating: "( ", count: 100_000), "nested deeper"),
            (.compound, String(repeating: "not ", count: 100_000), "nested deeper"),
        ] as [(Target.Kind, String, String)])
    func anExpressionThatCannotBeReadSaysWhy(_ kind: Target.Kind, _ expression: String, _ reason: String) {
        do {
            _ = try TargetMatcher(Target(.string(expression), kind: kind), nodegroups: ["front": "web*", "ring": "N@ring"])
            Issue.record("no error")
        } catch {
            #expect("\(error)".contains(reason), "\(error)")
        }
    }

    @Test(arguments: [
        ("*", "anything/at all", true), ("a?c", "abc", true), ("a?c", "ac", false), ("[!a]x", "bx", true), ("[!a]x", "ax", false),
        ("[a-c]", "b", true),
        ("[]x]", "]", true), ("[", "[", true), ("[a", "[a", true), ("a.c", "abc", false), ("é?", "éü", true), ("**a", "xxa", true),
        ("", "", true), ("", "x", false),
        ("*a*b*c*", "xxaxxbxxcxx", true), ("[z-a]", "m", false), ("a\\*", "a\\b", true), ("*.conf", "x.conf", true), ("a*", "b", false),
    ])
    func aGlobIsPythons(_ pattern: String, _ text: String, _ wanted: Bool) {
        #expect(GlobPattern(pattern).matches(text) == wanted)
    }

    /// Many stars against a text that does not match: no time without end.
    @Test(.timeLimit(.minutes(1))) func manyStarsEnd() {
        #expect(!GlobPattern(String(repeating: "*a", count: 60) + "b").matches(String(repeating: "a", count: 5_000)))
    }
}
