import Glibc

/// The variables of this process' environment.
package enum HostEnvironment {
    package static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
