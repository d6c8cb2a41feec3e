/// The bytes written so far.
public final class Output {
    // Nothing that runs during a write can come back to the same buffer, so the run-time check of that is left out.
    @exclusivity(unchecked) private var storage: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var capacity: Int
    @exclusivity(unchecked) private(set) var count = 0
    private let limit: Int
    /// Makes what is printed of values that are neither text nor number; nil where `str()` does.
    let finalize: ((JinjaValue) throws -> JinjaValue)?

    init(limit: Int, capacity: Int = 256, finalize: ((JinjaValue) throws -> JinjaValue)? = nil) {
        self.finalize = finalize
        storage = .allocate(byteCount: capacity, alignment: 1)
        self.capacity = capacity
        self.limit = limit
    }

    deinit { storage.deallocate() }

    func write(_ text: String) throws {
        // Most texts lend their bytes, which counts no references.
        if try text.utf8.withContiguousStorageIfAvailable({ try write($0) }) != nil { return }
        var text = text
        try text.withUTF8 { try write($0) }
    }

    func write(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        if count + bytes.count > capacity { try grow(bytes.count) }
        (storage + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    func write(byte: UInt8) throws {
        if count == capacity { try grow(1) }
        storage.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    func writeEscaped(_ text: String) throws { try write(escapeHTML(text)) }

    private func grow(_ extra: Int) throws {
        guard count + extra <= limit else {
            throw JinjaError(.memory, "the rendered text is larger than the limit of \(limit) bytes")
        }
        var size = capacity
        while size < count + extra { size *= 2 }
        let larger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 1)
        larger.copyMemory(from: storage, byteCount: count)
        storage.deallocate()
        storage = larger
        capacity = size
    }

    var text: String {
        String(decoding: UnsafeRawBufferPointer(start: storage, count: count), as: UTF8.self)
    }
}

/// Replaces what HTML would take for markup.
func escapeHTML(_ text: String) -> String {
    let special = text.utf8.contains { byte in
        byte == 0x26 || byte == 0x3C || byte == 0x3E || byte == 0x22 || byte == 0x27
    }
    guard special else { return text }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 16)
    for byte in text.utf8 {
        switch byte {
        case 0x26: bytes.append(contentsOf: "&amp;".utf8)
        case 0x3C: bytes.append(contentsOf: "&lt;".utf8)
        case 0x3E: bytes.append(contentsOf: "&gt;".utf8)
        case 0x22: bytes.append(contentsOf: "&#34;".utf8)
        case 0x27: bytes.append(contentsOf: "&#39;".utf8)
        default: bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
