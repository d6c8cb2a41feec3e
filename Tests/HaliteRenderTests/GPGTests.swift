import FoundationEssentials
import HaliteValue
import Testing

@testable import HaliteRender

/// The renderer `gpg` against what Salt's makes of the same messages, recorded by scripts/record-yaml.
struct GPGTests {
    private static func load(_ name: String) throws -> [Value] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "YAML/GPG")
        return try Value(json: Array(Data(contentsOf: folder.appending(path: name)))).listValue ?? []
    }

    /// The same stand-in for the program as in scripts/salt_yaml.py.
    private static let fake: @Sendable ([UInt8]) -> GPGRenderer.Answer? = { message in
        let lines = String(decoding: message, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-----") }
        let body = Array(lines.joined().utf8)
        let text = String(decoding: body, as: UTF8.self)
        if text.contains("BAD") { return .init(output: [], errors: Array("no key\n".utf8)) }
        return .init(output: [0x3C] + body + (text.contains("BIN") ? [0xFF] : []) + [0x3E, 0x0A], errors: [])
    }

    @Test func messagesBecomeWhatSaltMakesOfThem() throws {
        let cases = try Self.load("messages.json")
        let wanted = try Self.load("messages.expected.json")
        #expect(cases.count == wanted.count && cases.count > 50)
        for (number, (input, wanted)) in zip(cases, wanted).enumerated() {
            let text = input["text"]?.pythonString ?? ""
            let gpg = GPGRenderer(mustSucceed: input["mustSucceed"] == true, decrypt: Self.fake)
            var answer: Value
            do throws(RenderError) {
                answer = .string(try gpg.render(input["data"] == true ? YAML.load(text) : .string(text), file: "x.sls").pythonRepr)
            } catch {
                answer = ["class": .string(error.errorClass), "message": .string(error.message)]
            }
            #expect(answer == wanted, "message \(number) \(text)")
        }
    }

    @Test func withoutTheProgramItSaysSo() throws {
        let gpg = GPGRenderer(mustSucceed: false) { _ in nil }
        let message = Value.string("-----BEGIN PGP MESSAGE-----x-----END PGP MESSAGE-----")
        #expect(throws: RenderError.self) { try gpg.render(message, file: "x.sls") }
        #expect(try gpg.render("no message", file: "x.sls") == "no message")
    }
}
