/// Forces the local backend, whatever the configuration says.
enum BackendOverride {
    static let stem = "zz_slipway_override"
}
