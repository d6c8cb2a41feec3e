import HaliteValue

/// Texts that came before, so that the keys of many equal maps share one piece of memory. Texts of up to 15 bytes need none.
struct InternTable {
    private var entries: [String?] = []

    @inline(__always)
    mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) -> Value { .string(text(bytes)) }

    @inline(__always)
    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        if bytes.count < 16 || bytes.count > 64 { return String(decoding: bytes, as: UTF8.self) }
        return shared(bytes)
    }

    private mutating func shared(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        if entries.isEmpty { entries = Array(repeating: nil, count: 256) }
        let raw = UnsafeRawPointer(bytes.baseAddress!)
        let head = raw.loadUnaligned(as: UInt64.self)
        let tail = raw.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
        let slot = Int(truncatingIfNeeded: (head &* 0x9E37_79B9_7F4A_7C15 ^ tail &* 0xC2B2_AE3D_27D4_EB4F) >> 56)
        if var known = entries[slot], known.utf8.count == bytes.count, known.withUTF8({ $0.elementsEqual(bytes) }) { return known }
        let text = String(decoding: bytes, as: UTF8.self)
        entries[slot] = text
        return text
    }
}
