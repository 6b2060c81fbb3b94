import Host
import TestKit
import Testing

@testable import Remote

@Suite struct AWSCredentialTests {
    private func withFolder(_ body: (_ path: String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileSystem.makeFolder(folder.path + "/.aws")
        try body(folder.path)
    }

    private static let credentials = """
        # a comment
        [default]
        aws_access_key_id = AKDEFAULT
        aws_secret_access_key=sec=ret/+
        [ other ]
        AWS_ACCESS_KEY_ID = AKOTHER
        aws_secret_access_key = other
        aws_session_token = token
        """
    private static let config = """
        [default]
        region = eu-west-1
        s3 =
          region = nested
        [profile only-config]
        region = us-east-2
        aws_access_key_id = AKCONFIG
        aws_secret_access_key = config
        """

    @Test func `the environment comes before the files`() throws {
        try withFolder { home in
            try FileSystem.write(Array(Self.credentials.utf8), to: home + "/.aws/credentials")
            let environment = ["HOME": home, "AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "env", "AWS_SESSION_TOKEN": ""]
            let found = try AWSCredentialSource.environment(environment).current()
            #expect(found == AWSCredentials(accessKeyID: "AKENV", secretAccessKey: "env"))
        }
    }

    @Test func `profiles are read from both files`() throws {
        try withFolder { home in
            try FileSystem.write(Array(Self.credentials.utf8), to: home + "/.aws/credentials")
            try FileSystem.write(Array(Self.config.utf8), to: home + "/.aws/config")
            func find(_ profile: String?) throws -> AWSCredentials {
                try AWSCredentialSource.environment(["HOME": home, "AWS_PROFILE": profile ?? ""]).current()
            }
            #expect(try find(nil) == AWSCredentials(accessKeyID: "AKDEFAULT", secretAccessKey: "sec=ret/+"))
            #expect(try find("other") == AWSCredentials(accessKeyID: "AKOTHER", secretAccessKey: "other", sessionToken: "token"))
            #expect(try find("only-config") == AWSCredentials(accessKeyID: "AKCONFIG", secretAccessKey: "config"))
            #expect(try AWSRegion.find(["HOME": home]) == "eu-west-1")
            #expect(try AWSRegion.find(["HOME": home, "AWS_PROFILE": "only-config"]) == "us-east-2")
            let error = #expect(throws: RemoteError.self) { try find("missing") }
            #expect("\(String(describing: error))".contains("\"missing\""))
        }
    }

    @Test func `half a key is an error that names the other half`() {
        let source = AWSCredentialSource.environment(["AWS_ACCESS_KEY_ID": "AK"])
        let error = #expect(throws: RemoteError.self) { try source.current() }
        #expect("\(String(describing: error))".contains("AWS_SECRET_ACCESS_KEY"))
    }

    @Test func `a key from a file is read again after a minute, or after a refusal`() throws {
        try withFolder { home in
            let path = home + "/keys"
            func write(_ id: String) throws {
                try FileSystem.write(Array("[default]\naws_access_key_id=\(id)\naws_secret_access_key=s\n".utf8), to: path)
            }
            try write("ONE")
            let source = AWSCredentialSource.environment(["AWS_SHARED_CREDENTIALS_FILE": path, "AWS_CONFIG_FILE": "/nowhere"])
            let start = ContinuousClock.now
            #expect(try source.current(now: start).accessKeyID == "ONE")
            try write("TWO")
            #expect(try source.current(now: start + .seconds(59)).accessKeyID == "ONE")
            #expect(try source.current(now: start + .seconds(61)).accessKeyID == "TWO")
            try write("THREE")
            source.forget()
            #expect(try source.current(now: start + .seconds(62)).accessKeyID == "THREE")
        }
    }

    @Test func `a key prints as nothing`() {
        let key = AWSCredentials(accessKeyID: "AKSHOWN", secretAccessKey: "shown", sessionToken: "shown")
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.lowercased().contains("shown")) }
    }
}
