import Testing

@testable import Remote

@Suite struct S3LocationTests {
    @Test func `every part of an address is read`() throws {
        let text = "s3://my-bucket/a/b%20c/?endpoint=http%3A%2F%2F10.0.0.1%3A9000&region=eu-central-1&path-style=1"
        let wanted = S3Location(
            bucket: "my-bucket",
            prefix: "a/b c",
            endpoint: "http://10.0.0.1:9000",
            region: "eu-central-1",
            isPathStyle: true
        )
        #expect(try S3Location.parse(text) == wanted)
        #expect(try S3Location.parse("s3://my-bucket") == S3Location(bucket: "my-bucket"))
        #expect(try S3Location.parse("s3://b.c/?endpoint=minio:9000").endpoint == "https://minio:9000")
    }

    @Test(arguments: [
        ("s3:/bucket", "s3://BUCKET"), ("s3://", "3 to 63"), ("s3://Bucket", "lower-case"), ("s3://a..b", "3 to 63"),
        ("s3://key:secret@bucket", "AWS_ACCESS_KEY_ID"), ("s3://bucket?regoin=x", "\"regoin\""), ("s3://bucket?region", "\"region\""),
        ("s3://bucket?region=a:b", "eu-central-1"), ("s3://bucket?path-style=maybe", "path-style=1"), ("s3://bucket/a//b", "prefix"),
        ("s3://bucket/../b", "prefix"), ("s3://bucket/%zz", "broken %"), ("s3://bucket?endpoint=http://h/x", "host and port"),
        ("s3://bucket?endpoint=http://u:secret@h", "host and port"), ("s3://bucket?endpoint=ftp://h", "endpoint"),
        ("s3://bucket?region=a&region=b", "once"),
    ])
    func `a wrong address is refused with what to write`(text: String, hint: String) {
        let error = #expect(throws: RemoteError.self) { try S3Location.parse(text) }
        guard case .badLocation(let problem) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(problem.contains(hint), "\(problem)")
        #expect(!problem.contains("secret"))
    }

    @Test(arguments: [
        ("s3://bucket?region=eu-central-1", "https://bucket.s3.eu-central-1.amazonaws.com/k"),
        ("s3://bucket?region=cn-north-1", "https://bucket.s3.cn-north-1.amazonaws.com.cn/k"),
        ("s3://dotted.bucket?region=eu-central-1", "https://s3.eu-central-1.amazonaws.com/dotted.bucket/k"),
        ("s3://bucket?endpoint=fra1.digitaloceanspaces.com", "https://bucket.fra1.digitaloceanspaces.com/k"),
        ("s3://bucket?endpoint=http://minio:9000&path-style=1", "http://minio:9000/bucket/k"),
        ("s3://bucket?endpoint=http://127.0.0.1:9000", "http://127.0.0.1:9000/bucket/k"),
        ("s3://bucket?endpoint=http://[::1]:9000", "http://[::1]:9000/bucket/k"),
        ("s3://bucket?endpoint=http://minio:9000&path-style=0", "http://bucket.minio:9000/k"),
    ])
    func `the URL of an object follows the style`(text: String, url: String) throws {
        #expect(try S3Endpoint(S3Location.parse(text), environment: [:]).url("k") == url)
    }

    @Test func `the environment gives what the address doesn't`() throws {
        let location = S3Location(bucket: "bucket")
        #expect(throws: RemoteError.self) { try S3Endpoint(location, environment: ["HOME": "/nowhere"]) }
        let environment = [
            "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:2/",
        ]
        let endpoint = try S3Endpoint(location, environment: environment)
        #expect(endpoint.region == "eu-west-1")
        #expect(endpoint.bucketURL == "http://127.0.0.1:2/bucket")
    }

    @Test func `a store's place is a folder or a bucket`() throws {
        #expect(try ObjectLocation.parse("file:///var/lib/a%20b") == .folder(path: "/var/lib/a b"))
        #expect(try ObjectLocation.parse("s3://bucket/x") == .s3(S3Location(bucket: "bucket", prefix: "x")))
        for text in ["", "file://relative", "/path", "https://bucket", "file:///%00"] {
            #expect(throws: RemoteError.self) { try ObjectLocation.parse(text) }
        }
    }
}
