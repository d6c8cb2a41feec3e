import HaliteValue

/// Decides on the minion's side whether a target means it: for top files and the `match` functions.
///
/// It follows Salt's matchers word by word. An expression that cannot be read means nobody, as in Salt; the master's
/// `TargetMatcher` says instead what is wrong with what somebody typed.
package struct MinionMatcher: Sendable {
    private let facts: MinionFacts
    private let nodegroups: ValueMap

    package init(_ facts: MinionFacts, nodegroups: ValueMap = [:]) {
        self.facts = facts
        self.nodegroups = nodegroups
    }

    /// Names that a top file may give after `match:`.
    package static let names = Target.Kind.allCases.map(\.rawValue) + ["range", "data", "managing_minion", "resource"]

    /// - Parameter name: what a top file gives after `match:`. An unknown one is an error.
    package func matches(_ target: Value, matcher name: String, delimiter: String = ":") throws -> Bool {
        if let kind = Target.Kind(name: name) { return try matches(target, kind, delimiter: delimiter) }
        switch name {
        case "range": throw TargetError("targets of the kind 'range' are not supported: there is no client for range servers")
        case "managing_minion": return target == .string(facts.id)
        // Nothing stores data of the minion, and there are no resources.
        case "data", "resource": return false
        default: throw TargetError("unknown matcher '\(name)'\(NearestName.hint(name, among: Self.names))")
        }
    }

    package func matches(_ target: Value, _ kind: Target.Kind, delimiter: String = ":") throws -> Bool {
        if case .list(let words) = target {
            switch kind {
            case .list: return words.contains(.string(facts.id))
            case .compound: return try compound(words.map(\.pythonString))
            default: return false
            }
        }
        guard let text = target.stringValue else { return false }
        switch kind {
        case .glob: return GlobPattern(text).matches(facts.id)
        case .pcre: return try PythonRegex.compile(text).matches(facts.id, .start)
        case .list: return isListed(text)
        case .grain: return DataMatcher(text, delimiter: delimiter).matches(facts.grains)
        case .grainPCRE: return DataMatcher(text, delimiter: delimiter, style: .regex).matches(facts.grains)
        case .pillar: return DataMatcher(text, delimiter: delimiter).matches(facts.pillar)
        case .pillarPCRE: return DataMatcher(text, delimiter: delimiter, style: .regex).matches(facts.pillar)
        case .pillarExact: return DataMatcher(text, delimiter: delimiter, style: .exact).matches(facts.pillar)
        case .ipcidr: return isInNetwork(text)
        case .nodegroup: return try nodegroups[text] != nil && compound(expand(text, []) ?? [])
        case .compound: return try compound(text.pythonWords)
        }
    }

    private func isListed(_ text: String) -> Bool {
        let id = facts.id
        return text == id || text.hasPrefix(id + ",") || text.hasSuffix("," + id) || text.contains(",\(id),")
    }

    private func isInNetwork(_ text: String) -> Bool {
        guard let network = try? IPNetwork(text), network.hasNoHostBits else { return false }
        let addresses = facts.grains[network.isVersion6 ? "ipv6" : "ipv4"]?.listValue ?? []
        return addresses.contains { network.contains($0.pythonString) }
    }

    // MARK: Compound

    private static let operators: Set<String> = ["and", "or", "not", "(", ")"]

    private func compound(_ words: [String]) throws -> Bool {
        var words = words[...]
        var tokens: [CompoundExpression.Token] = []
        while let word = words.popFirst() {
            if let sign = CompoundExpression.Token(operator: word) {
                if let last = tokens.last {
                    if last == .open, sign == .and || sign == .or { return false }
                    if sign == .not, last != .and, last != .or, last != .open { tokens.append(.and) }
                } else if sign != .open, sign != .not {
                    return false
                }
                tokens.append(sign)
                continue
            }
            let target = CompoundTarget(word)
            switch target.engine {
            case nil: tokens.append(.value(GlobPattern(word).matches(facts.id)))
            case "N":
                // The words of the group stand where its name stood, as they are.
                words = ((expand(target.pattern, []) ?? []) + words)[...]
            case "M": tokens.append(.value(target.pattern == facts.id))
            case "T": tokens.append(.value(false))
            case .some(let letter):
                guard let kind = CompoundTarget.kinds[letter] else { return false }
                tokens.append(.value(try matches(.string(target.pattern), kind, delimiter: target.delimiter ?? ":")))
            }
        }
        return CompoundExpression.evaluate(tokens)
    }

    /// The words of a nodegroup with the groups that it names; nil when it is unknown or contains itself.
    private func expand(_ name: String, _ outer: Set<String>) -> [String]? {
        guard !outer.contains(name), let group = nodegroups[name] else { return nil }
        let words: [String]
        switch group {
        case .string(let text): words = text.pythonWords
        case .list(let list): words = list.map(\.pythonString)
        default: return nil
        }
        var expanded: [String] = []
        var namesGroups = false
        for word in words {
            if word.utf8.count >= 3, word.hasPrefix("N@") {
                namesGroups = true
                expanded += expand(String(word.dropFirst(2)), outer.union([name])) ?? []
            } else {
                expanded.append(word)
            }
        }
        if !namesGroups, let names = plainNames(words) { return names }
        // A group that names no other one is taken without parentheses, unless another one names it.
        if !namesGroups && outer.isEmpty || expanded.isEmpty { return expanded }
        return ["("] + expanded + [")"]
    }

    /// A group of bare names is a list of minions, or an expression when one of them looks like it.
    private func plainNames(_ words: [String]) -> [String]? {
        guard !words.contains(where: Self.operators.contains) else { return nil }
        let isTyped = words.contains { word in
            let bytes = Array(word.utf8.prefix(2))
            return word.contains("*") || bytes.count == 2 && bytes[1] == UInt8(ascii: "@") && (0x41...0x5A).contains(bytes[0])
        }
        if isTyped { return nil }
        let isExpression = words.contains { word in word.utf8.contains { "([{\\?}])".utf8.contains($0) } }
        return [(isExpression ? "E@" : "L@") + words.joined(separator: ",")]
    }
}

/// One word of a compound target, such as `G@os:Debian` or `I|@a|b`.
struct CompoundTarget {
    let engine: Character?
    let delimiter: String?
    let pattern: String

    static let kinds: [Character: Target.Kind] = [
        "G": .grain, "P": .grainPCRE, "I": .pillar, "J": .pillarPCRE, "L": .list, "S": .ipcidr, "E": .pcre,
    ]

    init(_ word: String) {
        let scalars = Array(word.unicodeScalars)
        (engine, delimiter, pattern) = Self.parts(scalars) ?? (nil, nil, word)
    }

    private static func parts(_ scalars: [Unicode.Scalar]) -> (Character?, String?, String)? {
        guard let letter = scalars.first, "GPIJLNSERTM".unicodeScalars.contains(letter) else { return nil }
        func rest(_ start: Int) -> String? {
            guard scalars.count > start else { return nil }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars[start...])
            return String(text)
        }
        // A delimiter is one character; the longer reading comes first.
        if "GPIJ".unicodeScalars.contains(letter), scalars.count > 2, scalars[2] == "@", let rest = rest(3) {
            return (Character(letter), String(Character(scalars[1])), rest)
        }
        guard scalars.count > 1, scalars[1] == "@", let rest = rest(2) else { return nil }
        return (Character(letter), nil, rest)
    }
}

/// `and`, `or`, `not` and parentheses over truth values, with Python's precedence.
struct CompoundExpression {
    enum Token: Equatable {
        case value(Bool), and, or, not, open, close

        init?(operator word: String) {
            switch word {
            case "and": self = .and
            case "or": self = .or
            case "not": self = .not
            case "(": self = .open
            case ")": self = .close
            default: return nil
            }
        }
    }

    private struct Malformed: Error {}

    private let tokens: [Token]
    private var position = 0
    private var nesting = 0

    /// Python's own limit for parentheses; deeper ones are nobody's wish.
    private static let nestingLimit = 200

    /// False when the tokens are no expression.
    static func evaluate(_ tokens: [Token]) -> Bool {
        var expression = CompoundExpression(tokens: tokens)
        guard let value = try? expression.or(), expression.position == tokens.count else { return false }
        return value
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    private var next: Token? { position < tokens.count ? tokens[position] : nil }

    private mutating func or() throws -> Bool {
        var value = try and()
        while next == .or {
            position += 1
            let other = try and()
            value = value || other
        }
        return value
    }

    private mutating func and() throws -> Bool {
        var value = try not()
        while next == .and {
            position += 1
            let other = try not()
            value = value && other
        }
        return value
    }

    private mutating func not() throws -> Bool {
        nesting += 1
        defer { nesting -= 1 }
        guard let token = next, nesting <= Self.nestingLimit else { throw Malformed() }
        position += 1
        switch token {
        case .value(let value): return value
        case .not: return try !not()
        case .open:
            if next == .close {
                position += 1
                return false
            }
            let value = try or()
            guard next == .close else { throw Malformed() }
            position += 1
            return value
        case .and, .or, .close: throw Malformed()
        }
    }
}

extension String {
    /// The words between white space, as Python's `str.split()`.
    fileprivate var pythonWords: [String] {
        unicodeScalars.split { $0.properties.isWhitespace || (0x1C...0x1F).contains($0.value) }.map { String($0) }
    }
}
