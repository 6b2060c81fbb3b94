/// The region of a request that names none itself.
enum AWSRegion {
    /// From `AWS_REGION`, `AWS_DEFAULT_REGION`, then the profile.
    static func find(_ environment: [String: String]) throws(RemoteError) -> String? {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let region = environment[name], !region.isEmpty { return try checked(region) }
        }
        return try AWSProfile(environment).region().map(checked)
    }

    /// The end of AWS's host names in a region.
    static func domain(_ region: String) -> String { region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com" }

    private static func checked(_ region: String) throws(RemoteError) -> String {
        guard S3Location.isRegionName(region) else {
            throw RemoteError(.badLocation("the AWS region \"\(region.harmless)\" is none: set AWS_REGION to one such as eu-central-1"))
        }
        return region
    }
}
