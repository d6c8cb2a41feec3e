import HaliteValue

/// The renderer `gpg`: decrypts the PGP messages in a text, or in the values of data, as Salt's does.
///
/// It knows no host: a function that runs `gpg` is handed in.
package struct GPGRenderer: Sendable {
    /// What `gpg` wrote for one message.
    package struct Answer: Sendable {
        package let output: [UInt8]
        package let errors: [UInt8]

        package init(output: [UInt8], errors: [UInt8]) {
            self.output = output
            self.errors = errors
        }
    }

    /// Runs on the render thread; nil when there is no `gpg`.
    package let decrypt: @Sendable (_ message: [UInt8]) throws -> Answer?
    /// `gpg_decrypt_must_succeed`: whether a message that cannot be decrypted is an error, or stays as it is.
    package let mustSucceed: Bool

    package init(mustSucceed: Bool, decrypt: @escaping @Sendable (_ message: [UInt8]) throws -> Answer?) {
        self.mustSucceed = mustSucceed
        self.decrypt = decrypt
    }

    func render(_ value: Value, file: String) throws(RenderError) -> Value {
        switch value {
        case .string(let text): return try decrypted(Array(text.utf8), original: value, file)
        case .bytes(let bytes): return try decrypted(bytes, original: Self.text(bytes), file)
        case .list(let list):
            var result: [Value] = []
            for element in list { result.append(try render(element, file: file)) }
            return .list(result)
        case .map(let map):
            var result = map
            for (key, element) in map { result[key] = try render(element, file: file) }
            return .map(result)
        default: return value
        }
    }

    private static let begin = Array("-----BEGIN PGP MESSAGE-----".utf8)
    private static let end = Array("-----END PGP MESSAGE-----".utf8)

    /// Replaces each message; then line breaks at the end go, which a block scalar leaves there.
    private func decrypted(_ bytes: [UInt8], original: Value, _ file: String) throws(RenderError) -> Value {
        var output: [UInt8] = []
        var position = 0
        while let start = Self.find(Self.begin, in: bytes, from: position),
            let finish = Self.find(Self.end, in: bytes, from: start + Self.begin.count)
        {
            output += bytes[position..<start]
            position = finish + Self.end.count
            output += try open(Array(bytes[start..<position]), file)
        }
        if position == 0 { return original }
        output += bytes[position...]
        while output.last == 0x0A { output.removeLast() }
        return Self.text(output)
    }

    /// Text where the bytes are text.
    private static func text(_ bytes: [UInt8]) -> Value { String(validating: bytes, as: UTF8.self).map(Value.string) ?? .bytes(bytes) }

    private func open(_ message: [UInt8], _ file: String) throws(RenderError) -> [UInt8] {
        // A message on one line has its breaks written as `\n`.
        var cipher: [UInt8] = []
        var index = 0
        while index < message.count {
            if message[index] == UInt8(ascii: "\\"), index + 1 < message.count, message[index + 1] == UInt8(ascii: "n") {
                cipher.append(0x0A)
                index += 2
            } else {
                cipher.append(message[index])
                index += 1
            }
        }
        let answer: Answer
        do {
            guard let given = try decrypt(cipher) else { throw RenderError(renderer: "gpg", message: "GPG unavailable", file: file) }
            answer = given
        } catch let error as RenderError {
            throw error
        } catch {
            throw RenderError(renderer: "gpg", message: "gpg could not be run: \(error)", file: file)
        }
        if !answer.output.isEmpty { return answer.output }
        if mustSucceed {
            throw RenderError(
                renderer: "gpg",
                message: "Could not decrypt cipher \(PythonText.repr(cipher)), received: \(PythonText.repr(answer.errors))", file: file)
        }
        return cipher
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        var place = start
        while place + pattern.count <= bytes.count {
            guard let next = bytes[place...].firstIndex(of: pattern[0]), next + pattern.count <= bytes.count else { return nil }
            if bytes[next..<(next + pattern.count)].elementsEqual(pattern) { return next }
            place = next + 1
        }
        return nil
    }
}
