import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Speaks to a Redis server through `redis-cli`: commands go by standard input, the password by the environment.
struct RedisClient: Sendable {
    let call: CallContext
    /// `host`, `port`, `db`, `password`.
    var arguments: ValueMap
    /// The beginning of the settings of the minion: `redis`, or `redis_sentinel`.
    var settings = "redis"

    private func option(_ name: String) -> String? {
        if let given = arguments[name], given.isTruthy { return given.pythonString }
        let places = [call.services.options, call.grains, call.pillar, call.pillar["master"]?.mapValue ?? [:]]
        return places.lazy.compactMap { $0["\(settings).\(name)"] }.first { $0.isTruthy }?.pythonString
    }

    /// The answer to one command; what the server calls an error is one here.
    func run(_ words: [String]) async throws -> Value {
        var line = [
            "redis-cli", "--no-raw", "-h", option("host") ?? "localhost", "-p", option("port") ?? (settings == "redis" ? "6379" : "26379"),
        ]
        if let database = option("db") { line += ["-n", database] }
        var command = Command(line)
        command.environment = ["REDISCLI_AUTH": option("password")]
        command.standardInput = Array((words.map(Self.quoted).joined(separator: " ") + "\n").utf8)
        let result = try await call.host.run(command)
        let text = result.text
        if text.hasPrefix("Could not connect") || result.exitCode != 0 { throw ExecutionError(text.isEmpty ? result.errorText : text) }
        let answer = RedisAnswer.value(text)
        if case .string(let error)? = answer.mapValue?["error"] { throw ExecutionError(error) }
        return answer
    }

    private static func quoted(_ word: String) -> String {
        let digits = Array("0123456789abcdef")
        return "\""
            + word.utf8.reduce(into: "") { text, byte in
                switch byte {
                case 0x22, 0x5C: text += "\\\(Unicode.Scalar(byte))"
                case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
                default: text += "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
                }
            } + "\""
    }
}

/// What `redis-cli --no-raw` writes: `(integer) 1`, `"text"`, `(nil)`, `1) "text"`, a status.
enum RedisAnswer {
    /// An error is a dictionary with `error` alone.
    static func value(_ text: String) -> Value {
        if text == "(empty array)" || text == "(empty list or set)" || text == "(empty hash)" || text == "(empty set)" { return [] }
        let lines = text.parts("\n")
        guard lines.count > 1 || isItem(text) else { return single(text) }
        guard lines.allSatisfy(isItem) else { return .string(text) }
        // Lists of lists, as SCAN gives, have the marks of the inner list behind those of the outer one.
        var items: [Value] = []
        var inner: [Value]?
        for line in lines {
            let isIndented = line.hasPrefix("   ") && inner != nil
            guard let mark = line.firstRange(of: ") ") else { continue }
            let rest = String(line[mark.upperBound...])
            if isIndented {
                inner?.append(single(rest))
                items[items.count - 1] = .list(inner ?? [])
            } else if isItem(rest), let second = rest.firstRange(of: ") ") {
                inner = [single(String(rest[second.upperBound...]))]
                items.append(.list(inner ?? []))
            } else {
                inner = nil
                items.append(single(rest))
            }
        }
        return .list(items)
    }

    private static func isItem(_ line: String) -> Bool {
        let rest = line.drop { $0 == " " }
        let digits = rest.prefix { $0.isNumber }
        return !digits.isEmpty && rest.dropFirst(digits.count).hasPrefix(") ")
    }

    private static func single(_ text: String) -> Value {
        if text == "(nil)" { return .null }
        if text.hasPrefix("(empty ") { return [] }
        if text.hasPrefix("(integer) ") { return Int(text.dropFirst(10)).map { .int($0) } ?? .string(text) }
        if text.hasPrefix("(error) ") { return ["error": .string(String(text.dropFirst(8)))] }
        guard text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count > 1 else { return .string(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8.dropFirst().dropLast())[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch next {
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "a"): bytes.append(0x07)
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "x"):
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0x3F)
                rest = rest.dropFirst(2)
            default: bytes.append(next)
            }
        }
        return .string(String(decoding: bytes, as: UTF8.self))
    }
}
