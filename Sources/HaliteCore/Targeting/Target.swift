import HaliteValue

/// Which minions a command is for.
package struct Target: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case glob, pcre, list, grain, grainPCRE = "grain_pcre", pillar, pillarPCRE = "pillar_pcre"
        case pillarExact = "pillar_exact", compound, nodegroup, ipcidr

        /// Also the older spellings that states use.
        package init?(name: String) {
            switch name {
            case "exsel", "range": return nil
            default:
                guard let kind = Kind(rawValue: name) else { return nil }
                self = kind
            }
        }
    }

    package let expression: Value
    package let kind: Kind
    package let delimiter: String

    package init(_ expression: Value, kind: Kind = .glob, delimiter: String = ":") {
        self.expression = expression
        self.kind = kind
        self.delimiter = delimiter
    }
}

/// What a target is matched against.
package struct MinionFacts: Sendable {
    package let id: String
    package let grains: ValueMap
    package let pillar: ValueMap

    package init(id: String, grains: ValueMap = [:], pillar: ValueMap = [:]) {
        self.id = id
        self.grains = grains
        self.pillar = pillar
    }
}

/// A target expression that cannot be read.
package struct TargetError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Decides which minions a target means. The master and the minions use the same rules.
package struct TargetMatcher: Sendable {
    private indirect enum Test: Sendable {
        case glob(GlobPattern)
        case pcre(PythonRegex)
        case list(Set<String>)
        case grains(DataMatcher)
        case pillar(DataMatcher)
        case network(IPNetwork)
        case not(Test)
        case all([Test])
        case any([Test])
    }

    private let test: Test

    /// - Parameter nodegroups: name to compound expression (text or list of words).
    package init(_ target: Target, nodegroups: ValueMap = [:]) throws {
        test = try Self.test(target, nodegroups, depth: 0)
    }

    package func matches(_ facts: MinionFacts) -> Bool { Self.matches(test, facts) }

    // MARK: Reading

    private static func test(_ target: Target, _ nodegroups: ValueMap, depth: Int) throws -> Test {
        if depth > 20 { throw TargetError("nodegroups refer to one another without end") }
        let text = target.expression.pythonString
        switch target.kind {
        case .glob: return .glob(GlobPattern(text))
        case .pcre: return .pcre(try PythonRegex.compile(text))
        case .list:
            let names = target.expression.listValue?.map(\.pythonString) ?? text.split(separator: ",").map { trimmed($0) }
            return .list(Set(names))
        case .grain: return .grains(try data(text, target.delimiter, .glob))
        case .grainPCRE: return .grains(try data(text, target.delimiter, .regex))
        case .pillar: return .pillar(try data(text, target.delimiter, .glob))
        case .pillarPCRE: return .pillar(try data(text, target.delimiter, .regex))
        case .pillarExact: return .pillar(try data(text, target.delimiter, .exact))
        case .ipcidr: return .network(try IPNetwork(text))
        case .nodegroup:
            guard let group = nodegroups[text] else {
                let known = nodegroups.keys.map(\.pythonString)
                throw TargetError("no nodegroup '\(text)' is configured\(NearestName.hint(text, among: known))")
            }
            return try self.test(Target(group, kind: .compound), nodegroups, depth: depth + 1)
        case .compound:
            let words = target.expression.listValue?.map(\.pythonString) ?? text.split(separator: " ").map(String.init)
            var parser = CompoundParser(words: words, nodegroups: nodegroups, depth: depth)
            return try parser.parse()
        }
    }

    private static func data(_ text: String, _ delimiter: String, _ style: DataMatcher.Style) throws -> DataMatcher {
        let parts = DataPath.split(text, delimiter)
        guard parts.count > 1 else { throw TargetError("'\(text)' needs the form 'key\(delimiter)pattern'") }
        if style == .regex { _ = try PythonRegex.compile(parts[parts.count - 1]) }
        return DataMatcher(text, delimiter: delimiter, style: style)
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// Recursive descent over `not`, `and`, `or`, parentheses and words such as `G@os:Debian`.
    private struct CompoundParser {
        var words: [String]
        let nodegroups: ValueMap
        let depth: Int
        var position = 0

        init(words: [String], nodegroups: ValueMap, depth: Int) {
            // Parentheses may stand against their neighbours.
            self.words = words.flatMap { word -> [String] in
                var word = word[...]
                var parts: [String] = []
                while word.hasPrefix("("), word.count > 0 { parts.append("("); word = word.dropFirst() }
                var closing: [String] = []
                let opens = word.count { $0 == "(" }
                while word.hasSuffix(")"), word.count { $0 == ")" } > opens { closing.append(")"); word = word.dropLast() }
                if !word.isEmpty { parts.append(String(word)) }
                return parts + closing
            }
            self.nodegroups = nodegroups
            self.depth = depth
        }

        private var nesting = 0
        /// Deeper expressions are nobody's wish and would use up the stack.
        private static let nestingLimit = 100

        mutating func parse() throws -> Test {
            let test = try or()
            guard position == words.count else { throw TargetError("unexpected '\(words[position])' in the compound target") }
            return test
        }

        private var next: String? { position < words.count ? words[position] : nil }

        private mutating func or() throws -> Test {
            var tests = [try and()]
            while next == "or" {
                position += 1
                tests.append(try and())
            }
            return tests.count == 1 ? tests[0] : .any(tests)
        }

        private mutating func and() throws -> Test {
            var tests = [try not()]
            while next == "and" {
                position += 1
                tests.append(try not())
            }
            return tests.count == 1 ? tests[0] : .all(tests)
        }

        private mutating func not() throws -> Test {
            guard let word = next else { throw TargetError("the compound target ends where a minion was expected") }
            position += 1
            nesting += 1
            defer { nesting -= 1 }
            if nesting > Self.nestingLimit { throw TargetError("the compound target is nested deeper than \(Self.nestingLimit)") }
            switch word {
            case "not": return .not(try not())
            case "(":
                let test = try or()
                guard next == ")" else { throw TargetError("a parenthesis of the compound target is not closed") }
                position += 1
                return test
            case ")", "and", "or": throw TargetError("unexpected '\(word)' in the compound target")
            default: return try leaf(word)
            }
        }

        private static let kinds: [Character: Kind] = [
            "G": .grain, "P": .grainPCRE, "I": .pillar, "J": .pillarPCRE, "L": .list, "N": .nodegroup, "S": .ipcidr,
            "E": .pcre,
        ]

        private typealias Kind = Target.Kind

        /// `G@os:Debian`, `G!@os!x`: the letter, perhaps a delimiter, `@` and the expression; else a glob.
        private func leaf(_ word: String) throws -> Test {
            guard let at = word.firstIndex(of: "@"), let letter = word.first, letter != "@" else {
                return .glob(GlobPattern(word))
            }
            let prefix = word[word.index(after: word.startIndex)..<at]
            guard prefix.count <= 1 else { return .glob(GlobPattern(word)) }
            guard let kind = Self.kinds[letter] else {
                throw TargetError("unknown target kind '\(letter)@' in '\(word)' (known: G P I J L N S E)")
            }
            let delimiter = prefix.isEmpty ? ":" : String(prefix)
            let expression = String(word[word.index(after: at)...])
            return try TargetMatcher.test(
                Target(.string(expression), kind: kind, delimiter: delimiter), nodegroups, depth: depth + 1)
        }
    }

    // MARK: Matching

    private static func matches(_ test: Test, _ facts: MinionFacts) -> Bool {
        switch test {
        case .glob(let pattern): return pattern.matches(facts.id)
        case .pcre(let regex): return (try? regex.matches(facts.id, .start)) ?? false
        case .list(let names): return names.contains(facts.id)
        case .grains(let matcher): return matcher.matches(facts.grains)
        case .pillar(let matcher): return matcher.matches(facts.pillar)
        case .network(let network):
            let addresses = (facts.grains["ipv4"]?.listValue ?? []) + (facts.grains["ipv6"]?.listValue ?? [])
            return addresses.contains { network.contains($0.pythonString) }
        case .not(let inner): return !matches(inner, facts)
        case .all(let tests): return tests.allSatisfy { matches($0, facts) }
        case .any(let tests): return tests.contains { matches($0, facts) }
        }
    }
}
