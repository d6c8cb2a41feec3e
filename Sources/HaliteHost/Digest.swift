import Crypto

/// Hexadecimal digests of bytes and of streams.
package enum Digest {
    package static func hexadecimal(_ bytes: [UInt8], _ algorithm: HashAlgorithm) -> String {
        var remaining: [UInt8]? = bytes
        return hexadecimal(algorithm) {
            defer { remaining = nil }
            return remaining
        }
    }

    static func hexadecimal<E>(_ algorithm: HashAlgorithm, next: () throws(E) -> [UInt8]?) throws(E) -> String {
        switch algorithm {
        case .md5: try digest(Insecure.MD5(), next)
        case .sha1: try digest(Insecure.SHA1(), next)
        case .sha256: try digest(SHA256(), next)
        case .sha384: try digest(SHA384(), next)
        case .sha512: try digest(SHA512(), next)
        }
    }

    private static func digest<H: HashFunction, E>(_ start: H, _ next: () throws(E) -> [UInt8]?) throws(E) -> String {
        var hash = start
        while let chunk = try next() { chunk.withUnsafeBytes { hash.update(bufferPointer: $0) } }
        return text(hash.finalize())
    }

    package static func text(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in digest { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
