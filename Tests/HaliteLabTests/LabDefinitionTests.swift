import HaliteValue
import Testing

@testable import HaliteLab

@Suite("lab.yml")
struct LabDefinitionTests {
    private static let good = """
        name: campus
        network: 10.77.0.0/24
        hosts:
          master:
            address: 10.77.0.10
            master: true
            mounts:
              /srv/salt: states
            config: {auto_accept: true}
          app1:
            address: 10.77.0.21
            roles: [app]
            grains:
              tier: front
        """

    @Test func hostsKeepTheirOrderAndSettings() throws {
        let lab = try LabDefinition.parse(Self.good, file: "/lab/lab.yml")
        #expect(lab.name == "campus")
        #expect(lab.network.description == "10.77.0.0/24")
        #expect(lab.hosts.map(\.name) == ["master", "app1"])
        #expect(lab.master?.address == "10.77.0.10")
        #expect(lab.master?.mounts == [LabMount(source: "/lab/states", target: "/srv/salt")])
        #expect(lab.master?.config["auto_accept"]?.boolValue == true)
        let app = try #require(lab.host(named: "app1"))
        #expect(!app.isMaster)
        #expect(app.grains["tier"]?.stringValue == "front")
        #expect(app.grains["roles"]?.listValue?.compactMap(\.stringValue) == ["app"])
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let change: (String, String)
        let line: Int?
        let message: String
        var testDescription: String { message }
    }

    @Test(arguments: [
        Mistake(change: ("name: campus", "nmae: campus"), line: 1, message: "unknown key 'nmae', did you mean 'name'?"),
        Mistake(change: ("name: campus", "name: a-much-too-long-name"), line: 1, message: "at most 11"),
        Mistake(change: ("name: campus", "name: 12"), line: 1, message: "'name' must be a text"),
        Mistake(change: ("10.77.0.0/24", "10.77.0.1/24"), line: 2, message: "no IPv4 network"),
        Mistake(change: ("10.77.0.0/24", "10.77.0.0"), line: 2, message: "no IPv4 network"),
        Mistake(change: ("    address: 10.77.0.21", "    adress: 10.77.0.21"), line: 11, message: "did you mean 'address'?"),
        Mistake(change: ("    address: 10.77.0.21", "    master: false"), line: 10, message: "'address' is missing"),
        Mistake(change: ("10.77.0.21", "10.78.0.21"), line: 11, message: "not one for hosts of 10.77.0.0/24"),
        Mistake(change: ("10.77.0.21", "10.77.0.1"), line: 11, message: "belongs to the machine itself"),
        Mistake(change: ("10.77.0.21", "10.77.0.255"), line: 11, message: "not one for hosts"),
        Mistake(change: ("10.77.0.21", "10.77.0.010"), line: 11, message: "no IPv4 address"),
        Mistake(change: ("10.77.0.21", "10.77.0.10"), line: 11, message: "already belongs to 'master'"),
        Mistake(change: ("roles: [app]", "roles: app"), line: 12, message: "'roles' must be a list"),
        Mistake(change: ("roles: [app]", "master: true"), line: 12, message: "'master' is already the master"),
        Mistake(change: ("roles: [app]", "master: perhaps"), line: 12, message: "'master' must be true or false"),
        Mistake(change: ("      /srv/salt: states", "      srv/salt: states"), line: 7, message: "absolute path in the host"),
        Mistake(change: ("  app1:", "  App_1:"), line: 3, message: "lower-case letters"),
        Mistake(change: ("hosts:", "guests:"), line: 3, message: "unknown key 'guests'"),
    ])
    func mistakesAreNamedWithTheirLine(_ mistake: Mistake) throws {
        let text = Self.good.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.contains(mistake.change.0) ? replacing(String(line), mistake.change) : String(line)
        }.joined(separator: "\n")
        let error = try #require(throws: LabError.self) { try LabDefinition.parse(text, file: "lab.yml") }
        #expect(error.message.contains(mistake.message))
        #expect(error.line == mistake.line)
        #expect(error.description.hasPrefix("lab.yml, line "))
    }

    private func replacing(_ line: String, _ change: (String, String)) -> String {
        guard let range = line.firstRange(of: change.0) else { return line }
        return line.replacingCharacters(in: range, with: change.1)
    }

    @Test func anEmptyFileIsNoLab() {
        #expect(throws: LabError.self) { try LabDefinition.parse("", file: "lab.yml") }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        var copy = self
        copy.replaceSubrange(range, with: text)
        return copy
    }
}
