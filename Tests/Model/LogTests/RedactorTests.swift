import Log
import Testing

@Suite struct RedactorTests {
    @Test func `a secret is masked wherever it stands`() {
        let redactor = Redactor(secrets: ["hunter22"])
        #expect(redactor.redacted("hunter22 and xhunter22x") == "<redacted> and x<redacted>x")
        #expect(redactor.redacted("hunter2") == "hunter2")
    }

    @Test func `the longer of two secrets is masked whole`() {
        let redactor = Redactor(secrets: ["pass", "password1"])
        #expect(redactor.redacted("password1 pass") == "<redacted> <redacted>")
    }

    @Test func `a secret is known as JSON escapes it`() {
        let redactor = Redactor(secrets: ["a\"b<c>&\n\\d"])
        #expect(redactor.redacted(#"{"x":"a\"b\u003cc\u003e\u0026\n\\d"}"#) == #"{"x":"<redacted>"}"#)
    }

    @Test func `a key of many lines is masked line by line`() {
        let redactor = Redactor(secrets: ["-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n-----"])
        #expect(redactor.redacted("at kqhkiG9w0BAQ") == "at <redacted>")
        #expect(redactor.redacted("a ----- b") == "a ----- b")
    }

    @Test func `a secret is known in an address and in Base64`() {
        let redactor = Redactor(secrets: ["p/ä w&d", "abcd"])
        #expect(redactor.redacted("x://u:p%2F%C3%A4+w%26d@h") == "x://u:<redacted>@h")
        #expect(redactor.redacted("cC/DpCB3JmQ= YWJjZA==") == "<redacted> <redacted>")
        #expect(redactor.finds(in: "an abcd") && !redactor.finds(in: "an abc"))
        #expect(Redactor(secrets: ["eu/"]).redacted("eu%2F ZXUv") == "eu%2F ZXUv")
    }

    @Test(arguments: ["", "1", "eu"]) func `what is too short to hide stays`(secret: String) {
        #expect(Redactor(secrets: [secret]).redacted("1 eu \(secret)") == "1 eu \(secret)")
    }

    @Test func `bytes without a secret are left alone`() {
        let redactor = Redactor(secrets: ["hunter22"])
        #expect(redactor.redacted(bytes: [0xFF, 0x00]) == nil)
        #expect(redactor.redacted(bytes: [0xFF] + Array("hunter22".utf8)) == [0xFF] + Array(Redactor.mask.utf8))
    }
}
