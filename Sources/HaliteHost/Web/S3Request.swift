import Crypto
import Glibc
import HaliteCore
import HaliteValue

/// An object of an S3 store as a signed request (Signature Version 4).
package struct S3Request: Sendable {
    /// The settings that Salt names `s3.NAME`, from the configuration or the pillar, and the usual variables of the environment.
    package struct Settings: Sendable {
        var keyID: String?
        var key: String?
        var token: String?
        var service = "s3.amazonaws.com"
        var region = "us-east-1"
        var usesPathStyle = false
        var usesTLS = true
        package var verifiesCertificates = true

        package init(options: ValueMap, pillar: ValueMap, environment: (String) -> String?) {
            func value(_ name: String) -> Value? {
                let found = options["s3.\(name)"] ?? pillar["s3"]?[name] ?? pillar["s3.\(name)"]
                return found.flatMap { $0.isNull ? nil : $0 }
            }
            keyID = value("keyid")?.stringValue ?? environment("AWS_ACCESS_KEY_ID")
            key = value("key")?.stringValue ?? environment("AWS_SECRET_ACCESS_KEY")
            token = value("token")?.stringValue ?? (value("keyid") == nil ? environment("AWS_SESSION_TOKEN") : nil)
            service = value("service_url")?.stringValue ?? service
            region = value("location")?.stringValue ?? environment("AWS_REGION") ?? environment("AWS_DEFAULT_REGION") ?? region
            usesPathStyle = value("path_style")?.isTruthy ?? false
            usesTLS = value("https_enable")?.isTruthy ?? true
            verifiesCertificates = value("verify_ssl")?.isTruthy ?? true
        }
    }

    private let settings: Settings
    private let host: String
    private let path: String

    package init(bucket: String, object: String, settings: Settings) {
        self.settings = settings
        let parts = object.split(separator: "/", omittingEmptySubsequences: false).map { WebURL.escaped(String($0)) }
        let key = parts.joined(separator: "/")
        if settings.usesPathStyle {
            host = settings.service
            path = "/\(WebURL.escaped(bucket))/\(key)"
        } else {
            host = "\(bucket).\(settings.service)"
            path = "/\(key)"
        }
    }

    /// The request for `curl`, signed for a moment.
    package func download(options: ValueMap, now: Int = Int(time(nil))) throws(WebError) -> WebDownload {
        guard let url = WebURL("\(settings.usesTLS ? "https" : "http")://\(host)\(path)") else { throw WebError("'\(host)' is no host") }
        var download = WebDownload(url, options: options)
        download.verifiesCertificates = settings.verifiesCertificates
        download.headers = headers(now)
        download.followsRedirects = false
        return download
    }

    /// Without keys the request goes unsigned, which public objects allow.
    package func headers(_ now: Int) -> [(name: String, value: String)] {
        guard let keyID = settings.keyID, let key = settings.key, !keyID.isEmpty, !key.isEmpty else { return [] }
        let (day, stamp) = Self.stamps(now)
        let empty = Self.hexadecimal(SHA256.hash(data: [UInt8]()))
        var headers = [("host", host), ("x-amz-content-sha256", empty), ("x-amz-date", stamp)]
        if let token = settings.token { headers.append(("x-amz-security-token", token)) }
        let names = headers.map(\.0).joined(separator: ";")
        let canonical = ["GET", path, ""] + headers.map { "\($0.0):\($0.1)" } + ["", names, empty]
        let scope = "\(day)/\(settings.region)/s3/aws4_request"
        let digest = Self.hexadecimal(SHA256.hash(data: Array(canonical.joined(separator: "\n").utf8)))
        var signature = Array("AWS4\(key)".utf8)
        for part in [day, settings.region, "s3", "aws4_request", "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(digest)"] {
            signature = Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: SymmetricKey(data: signature)))
        }
        let authorization = "AWS4-HMAC-SHA256 Credential=\(keyID)/\(scope), SignedHeaders=\(names), Signature=\(Digest.text(signature))"
        return headers.dropFirst().map { (name: $0.0, value: $0.1) } + [(name: "Authorization", value: authorization)]
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> String { Digest.text(Array(digest)) }

    /// `20260131` and `20260131T235959Z`.
    private static func stamps(_ now: Int) -> (day: String, stamp: String) {
        var moment = time_t(now)
        var parts = tm()
        gmtime_r(&moment, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
        return (day, "\(day)T\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z")
    }
}
