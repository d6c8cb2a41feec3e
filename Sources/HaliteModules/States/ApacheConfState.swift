import HaliteModuleKit

/// Pieces of configuration of Apache that are on or off, as on Debian.
package struct ApacheConfState: StateModule {
    package static let name = "apache_conf"
    package static let summary = "Pieces of configuration of Apache that are on or off, as on Debian."
    package static let requires: Requirement = .command("a2enconf")
    package static let functions = ApachePart.conf.stateFunctions
}
