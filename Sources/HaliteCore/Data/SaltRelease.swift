/// The Salt release that is followed.
package enum SaltRelease {
    package static let version = "3008.5"
}
