import HaliteValue

/// Methods of `bytes`.
enum BytesMethods {
    private static func bytes(_ value: JinjaValue) -> [UInt8] {
        if case .bytes(let bytes) = value { bytes } else { [] }
    }

    private static func part(_ value: JinjaValue?) throws -> [UInt8] {
        if case .bytes(let bytes)? = value { return bytes }
        throw JinjaError(.type, "a bytes-like object is required, not '\((value ?? .null).typeName)'")
    }

    static let table: [String: NativeMethod] = [
        "decode": NativeMethod("decode", "encoding=, errors=", positionalOnly: false) { value, arguments, _ in
            .string(
                try TextCoding.decode(bytes(value), arguments[0]?.text ?? "utf-8", arguments[1]?.text ?? "strict"))
        },
        "hex": NativeMethod("hex", "sep=, bytes_per_sep=", positionalOnly: false) { value, arguments, _ in
            let digits = bytes(value).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            return .string(digits.joined(separator: arguments[0]?.text ?? ""))
        },
        "startswith": NativeMethod("startswith", "prefix") { value, arguments, _ in
            .bool(bytes(value).starts(with: try part(arguments[0])))
        },
        "endswith": NativeMethod("endswith", "suffix") { value, arguments, _ in
            let suffix = try part(arguments[0])
            return .bool(bytes(value).suffix(suffix.count).elementsEqual(suffix))
        },
        "find": NativeMethod("find", "sub") { value, arguments, _ in
            .int(TextSearch.find(bytes(value), try part(arguments[0]), from: 0) ?? -1)
        },
        "upper": NativeMethod("bytes.upper", "") { value, _, _ in
            .bytes(bytes(value).map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 })
        },
        "lower": NativeMethod("bytes.lower", "") { value, _, _ in
            .bytes(bytes(value).map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 })
        },
        "strip": NativeMethod("strip", "bytes=") { value, _, _ in
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
            var rest = bytes(value)[...].drop(while: isSpace)
            while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
            return .bytes(Array(rest))
        },
        "split": NativeMethod("split", "sep=, maxsplit=", positionalOnly: false) { value, arguments, _ in
            let all = bytes(value)
            guard case .bytes(let mark)? = arguments[0], !mark.isEmpty else {
                let words = all.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
                return .list(of: words.map { .bytes(Array($0)) })
            }
            let limit = arguments[1]?.integer ?? -1
            var result: [JinjaValue] = []
            var position = 0
            while limit < 0 || result.count < limit, let next = TextSearch.find(all, mark, from: position) {
                result.append(.bytes(Array(all[position..<next])))
                position = next + mark.count
            }
            return .list(of: result + [.bytes(Array(all[position...]))])
        },
        "replace": NativeMethod("replace", "old, new") { value, arguments, _ in
            let all = bytes(value)
            let old = try part(arguments[0])
            let new = try part(arguments[1])
            guard !old.isEmpty else { return value }
            var result: [UInt8] = []
            var position = 0
            while let next = TextSearch.find(all, old, from: position) {
                result += all[position..<next] + new
                position = next + old.count
            }
            return .bytes(result + all[position...])
        },
        "join": NativeMethod("bytes.join", "iterable") { value, arguments, context in
            let parts = try (arguments[0] ?? .null).elements(context).map { try part($0) }
            return .bytes(Array(parts.joined(separator: bytes(value))))
        },
        "isdigit": NativeMethod("bytes.isdigit", "") { value, _, _ in
            .bool(!bytes(value).isEmpty && bytes(value).allSatisfy { (0x30...0x39).contains($0) })
        },
    ]
}
