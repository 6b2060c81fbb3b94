/// Signature version 4 for one request, computed by libcurl.
///
/// libcurl 7.88 takes the path and the query into the signature as they stand, so the query must be in canonical form already (sorted,
/// each name with a `=`, percent-encoded as RFC 3986 says), and it takes the hash of the body from the header `x-amz-content-sha256`,
/// which S3 wants anyway. Every header of the request is signed, and those of libcurl's own are not.
///
/// - SeeAlso: <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>
package struct AWSSigning: Sendable {
    package let credentials: AWSCredentials
    package let region: String
    /// `s3`, `kms`.
    package let service: String

    package init(credentials: AWSCredentials, region: String, service: String) {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    var option: String { "aws:amz:\(region):\(service)" }
}
