/// Why a MessagePack message was refused.
public struct MessagePackError: Error, CustomStringConvertible, Equatable {
    public let description: String
    init(_ description: String) { self.description = description }
}

/// Encodes and decodes values as MessagePack. The decoder treats its input as hostile: every length is checked
/// against the bytes that are left before anything is allocated, and nesting is limited.
public enum MessagePack {
    static let depthLimit = 128

    public static func encode(_ value: Value) -> [UInt8] {
        var output: [UInt8] = []
        encode(value, into: &output)
        return output
    }

    public static func decode(_ bytes: some Collection<UInt8>) throws(MessagePackError) -> Value {
        var decoder = Decoder(bytes: Array(bytes))
        let value = try decoder.value(depth: 0)
        guard decoder.position == decoder.bytes.count else { throw MessagePackError("extra bytes after the message") }
        return value
    }

    public static func encode(_ value: Value, into output: inout [UInt8]) {
        switch value {
        case .null: output.append(0xC0)
        case .bool(let flag): output.append(flag ? 0xC3 : 0xC2)
        case .int(let number): encode(number, into: &output)
        // The format has no integers beyond 64 bits: an extension with the decimal text carries them.
        case .big(let number):
            let digits = Array(Value.big(number).pythonRepr.utf8)
            output.append(0xC9)
            put(UInt32(digits.count), into: &output)
            output.append(bigIntegerExtension)
            output.append(contentsOf: digits)
        case .float(let number):
            output.append(0xCB)
            put(number.bitPattern, into: &output)
        case .string(let text):
            var text = text
            text.withUTF8 { bytes in
                switch bytes.count {
                case 0..<32: output.append(0xA0 | UInt8(bytes.count))
                case 32..<256: output.append(contentsOf: [0xD9, UInt8(bytes.count)])
                case 256..<65536:
                    output.append(0xDA)
                    put(UInt16(bytes.count), into: &output)
                default:
                    output.append(0xDB)
                    put(UInt32(bytes.count), into: &output)
                }
                output.append(contentsOf: bytes)
            }
        case .bytes(let bytes):
            output.append(0xC6)
            put(UInt32(bytes.count), into: &output)
            output.append(contentsOf: bytes)
        case .list(let list):
            header(list.count, short: 0x90, wide: 0xDD, into: &output)
            for element in list { encode(element, into: &output) }
        case .map(let map):
            header(map.count, short: 0x80, wide: 0xDF, into: &output)
            for (key, value) in map {
                encode(key, into: &output)
                encode(value, into: &output)
            }
        }
    }

    static let bigIntegerExtension: UInt8 = 1

    private static func header(_ count: Int, short: UInt8, wide: UInt8, into output: inout [UInt8]) {
        if count < 16 {
            output.append(short | UInt8(count))
        } else {
            output.append(wide)
            put(UInt32(count), into: &output)
        }
    }

    private static func encode(_ number: Int, into output: inout [UInt8]) {
        switch number {
        case 0..<128: output.append(UInt8(number))
        case -32..<0: output.append(UInt8(bitPattern: Int8(number)))
        default:
            output.append(0xD3)
            put(UInt64(bitPattern: Int64(number)), into: &output)
        }
    }

    private static func put(_ number: some FixedWidthInteger, into output: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { output.append(contentsOf: $0) }
    }

    private struct Decoder {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func take(_ count: Int) throws(MessagePackError) -> ArraySlice<UInt8> {
            guard count >= 0, count <= bytes.count - position else { throw MessagePackError("truncated message") }
            defer { position += count }
            return bytes[position..<position + count]
        }

        mutating func number<N: FixedWidthInteger>(_ type: N.Type) throws(MessagePackError) -> N {
            var result: N = 0
            for byte in try take(N.bitWidth / 8) { result = N(truncatingIfNeeded: UInt64(truncatingIfNeeded: result) << 8 | UInt64(byte)) }
            return result
        }

        mutating func value(depth: Int) throws(MessagePackError) -> Value {
            if depth > depthLimit { throw MessagePackError("nesting deeper than \(depthLimit)") }
            let tag = try number(UInt8.self)
            switch tag {
            case 0x00...0x7F: return .int(Int(tag))
            case 0xE0...0xFF: return .int(Int(Int8(bitPattern: tag)))
            case 0x80...0x8F: return try map(Int(tag & 0x0F), depth: depth)
            case 0x90...0x9F: return try list(Int(tag & 0x0F), depth: depth)
            case 0xA0...0xBF: return try string(Int(tag & 0x1F))
            case 0xC0: return .null
            case 0xC2: return .bool(false)
            case 0xC3: return .bool(true)
            case 0xC4: return .bytes(Array(try take(Int(number(UInt8.self)))))
            case 0xC5: return .bytes(Array(try take(Int(number(UInt16.self)))))
            case 0xC6: return .bytes(Array(try take(Int(number(UInt32.self)))))
            case 0xC9: return try bigInteger()
            case 0xCA: return .float(Double(Float(bitPattern: try number(UInt32.self))))
            case 0xCB: return .float(Double(bitPattern: try number(UInt64.self)))
            case 0xCC: return .int(Int(try number(UInt8.self)))
            case 0xCD: return .int(Int(try number(UInt16.self)))
            case 0xCE: return .int(Int(try number(UInt32.self)))
            case 0xCF:
                let number = try number(UInt64.self)
                if let small = Int(exactly: number) { return .int(small) }
                return .big(BigInteger(magnitude: [UInt32(truncatingIfNeeded: number), UInt32(number >> 32)], isNegative: false))
            case 0xD0: return .int(Int(Int8(bitPattern: try number(UInt8.self))))
            case 0xD1: return .int(Int(Int16(bitPattern: try number(UInt16.self))))
            case 0xD2: return .int(Int(Int32(bitPattern: try number(UInt32.self))))
            case 0xD3: return .int(Int(Int64(bitPattern: try number(UInt64.self))))
            case 0xD9: return try string(Int(number(UInt8.self)))
            case 0xDA: return try string(Int(number(UInt16.self)))
            case 0xDB: return try string(Int(number(UInt32.self)))
            case 0xDC: return try list(Int(number(UInt16.self)), depth: depth)
            case 0xDD: return try list(Int(number(UInt32.self)), depth: depth)
            case 0xDE: return try map(Int(number(UInt16.self)), depth: depth)
            case 0xDF: return try map(Int(number(UInt32.self)), depth: depth)
            default: throw MessagePackError("unknown type byte 0x\(String(tag, radix: 16))")
            }
        }

        mutating func string(_ count: Int) throws(MessagePackError) -> Value {
            .string(String(decoding: try take(count), as: UTF8.self))
        }

        mutating func bigInteger() throws(MessagePackError) -> Value {
            let count = Int(try number(UInt32.self))
            guard try number(UInt8.self) == bigIntegerExtension, count <= 4096,
                let value = BigInteger(String(decoding: try take(count), as: UTF8.self))
            else { throw MessagePackError("unknown extension") }
            return .big(value)
        }

        mutating func list(_ count: Int, depth: Int) throws(MessagePackError) -> Value {
            // One byte for each element is the least: refuses a length that the message cannot hold.
            guard count <= bytes.count - position else { throw MessagePackError("truncated message") }
            var list: [Value] = []
            list.reserveCapacity(count)
            for _ in 0..<count { list.append(try value(depth: depth + 1)) }
            return .list(list)
        }

        mutating func map(_ count: Int, depth: Int) throws(MessagePackError) -> Value {
            guard count <= (bytes.count - position) / 2 else { throw MessagePackError("truncated message") }
            var map = ValueMap()
            for _ in 0..<count {
                let key = try value(depth: depth + 1)
                map[key] = try value(depth: depth + 1)
            }
            return .map(map)
        }
    }
}
