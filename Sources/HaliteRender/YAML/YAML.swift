import HaliteValue

/// Reads YAML as Salt does: PyYAML's C loader with duplicate keys refused and Salt's constructors.
package enum YAML {
    /// Deeper nesting is refused: whatever walks through the value later does so by recursion.
    static let depthLimit = 200

    /// Reads the one document of a text. An empty text is null.
    /// - Parameter file: for messages only.
    package static func load(_ text: String, file: String = "<unicode string>") throws(RenderError) -> Value {
        try read(text, file: file, wantsLines: false).value
    }

    /// As `load`, with the error as PyYAML raises it.
    static func loadPlainly(_ text: String) throws(YAMLError) -> Value {
        var copy = text
        let source = copy.withUTF8 { YAMLSource($0) }
        return try source.load(wantsLines: false).value
    }

    /// The value with the lines on which the keys of the outermost map stand.
    package static func loadLocated(
        _ text: String, file: String = "<unicode string>"
    ) throws(RenderError) -> (value: Value, keyLines: [Value: Int]) {
        let (value, lines) = try read(text, file: file, wantsLines: true)
        guard case .map(let map) = value, map.count == lines.count else { return (value, [:]) }
        return (value, Dictionary(uniqueKeysWithValues: zip(map.keys, lines)))
    }

    private static func read(_ text: String, file: String, wantsLines: Bool) throws(RenderError) -> (value: Value, lines: [Int]) {
        var copy = text
        let source = copy.withUTF8 { YAMLSource($0) }
        do throws(YAMLError) {
            return try source.load(wantsLines: wantsLines)
        } catch {
            throw YAMLExplanation.renderError(error, text: text, file: file)
        }
    }
}

/// The bytes of a text, with the zeros behind them that the scanner looks ahead into.
private final class YAMLSource {
    private let bytes: UnsafeMutablePointer<UInt8>
    private let count: Int

    init(_ text: UnsafeBufferPointer<UInt8>) {
        count = text.count
        bytes = .allocate(capacity: count + 8)
        if let base = text.baseAddress { bytes.initialize(from: base, count: count) }
        (bytes + count).initialize(repeating: 0, count: 8)
    }

    deinit { bytes.deallocate() }

    func load(wantsLines: Bool) throws(YAMLError) -> (value: Value, lines: [Int]) {
        // Places are kept as 32 bits.
        if count > 1 << 30 { throw YAMLError(kind: .reader, problem: "the text is larger than 1 GiB") }
        let forbidden = YAMLBytes.firstForbidden(bytes, count: count)
        var position = 0
        let result: (Value, [Int])
        do throws(YAMLError) {
            result = try construct(wantsLines, &position)
        } catch {
            if let forbidden, isMet(forbidden, before: position) { throw refusal(forbidden) }
            throw error
        }
        if let forbidden { throw refusal(forbidden) }
        return result
    }

    private func construct(_ wantsLines: Bool, _ position: inout Int) throws(YAMLError) -> (Value, [Int]) {
        var builder = YAMLBuilder(parser(), depthLimit: YAML.depthLimit, wantsLines: wantsLines)
        let outcome: YAMLBuilder.Outcome
        do throws(YAMLError) {
            outcome = try builder.document()
        } catch {
            position = builder.position
            throw error
        }
        switch outcome {
        case .value(let value, let lines): return (value, lines)
        case .empty: return (.null, [])
        case .tooComplicated: return try constructNodes(&position)
        }
    }

    private func constructNodes(_ position: inout Int) throws(YAMLError) -> (Value, [Int]) {
        var composer = YAMLComposer(parser(), depthLimit: YAML.depthLimit)
        defer {
            // Nodes of an endless document hold each other.
            for node in composer.nodes { (node.items, node.pairs) = ([], []) }
        }
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try composer.document()
        } catch {
            position = composer.position
            throw error
        }
        position = composer.position
        guard let root else { return (.null, []) }
        var constructor = YAMLConstructor()
        let value = try constructor.construct(document: root)
        return (value, root.pairs.map { Int($0.key.mark.line) + 1 })
    }

    private func parser() -> YAMLParser { YAMLParser(YAMLScanner(bytes: bytes, count: count, depthLimit: YAML.depthLimit)) }

    /// libyaml checks 16 KiB at a time, so that a forbidden character is found before errors that stand a little ahead of it.
    private func isMet(_ forbidden: Int, before position: Int) -> Bool {
        var chunk = 0
        while true {
            var next = chunk + 16384
            while next < count, bytes[next] & 0xC0 == 0x80 { next -= 1 }
            if next > forbidden { break }
            chunk = next
        }
        return chunk == 0 || position + 1 >= chunk
    }

    private func refusal(_ place: Int) -> YAMLError {
        let rest = String(decoding: UnsafeBufferPointer(start: bytes + place, count: min(4, count - place)), as: UTF8.self)
        let code = String(rest.unicodeScalars.first?.value ?? 0, radix: 16)
        let lines = UnsafeBufferPointer(start: bytes, count: place).count { $0 == 0x0A }
        return YAMLError(
            kind: .reader,
            problem:
                "unacceptable character #x\(String(repeating: "0", count: max(0, 4 - code.count)))\(code): control characters are not allowed",
            mark: YAMLMark(index: Int32(place), line: Int32(lines), column: 0))
    }
}
