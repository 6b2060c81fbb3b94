import Events
import Testing

@testable import API

@Suite struct PusherAppTests {
    /// The examples of Pusher's own documentation.
    private let app = PusherApp(key: "278d425bdf160c739803", secret: Array("7ad3773142a6692b25b8".utf8))

    @Test func `signatures are those of the documentation`() {
        #expect(
            app.signature(socket: "1234.1234", channel: "private-foobar", channelData: nil)
                == "278d425bdf160c739803:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"
        )
        let data = "{\"user_id\":10,\"user_info\":{\"name\":\"Mr. Channels\"}}"
        #expect(
            app.signature(socket: "1234.1234", channel: "presence-foobar", channelData: data)
                == "278d425bdf160c739803:31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80"
        )
    }

    @Test func `a signature is for its socket and its channel only`() {
        let signature = app.signature(socket: "1.2", channel: "private-deployment.7", channelData: nil)
        #expect(app.accepts(signature, socket: "1.2", channel: "private-deployment.7", channelData: nil))
        #expect(!app.accepts(signature, socket: "1.3", channel: "private-deployment.7", channelData: nil))
        #expect(!app.accepts(signature, socket: "1.2", channel: "private-deployment.8", channelData: nil))
        #expect(!app.accepts(signature, socket: "1.2", channel: "private-deployment.7", channelData: "{}"))
        #expect(!app.accepts(nil, socket: "1.2", channel: "private-deployment.7", channelData: nil))
    }

    @Test func `text is quoted as JSON`() {
        #expect(JSONText.quoted("a\"b\\c\nd\u{1}\u{1F}Ä/") == "\"a\\\"b\\\\c\\nd\\u0001\\u001fÄ/\"")
    }

    @Test func `a cursor is read as it is written`() throws {
        let text = "deployment.7:12,organization.1.terraform:41"
        let cursor = try #require(EventCursor(text))
        #expect(cursor.positions == ["deployment.7": 12, "organization.1.terraform": 41])
        #expect(cursor.text(first: "organization.1.terraform") == "organization.1.terraform:41,deployment.7:12")
        #expect(cursor.text() == text)
    }
}
