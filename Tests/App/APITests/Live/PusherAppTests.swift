import Access
import Domain
import Events
import Testing

@testable import API

@Suite struct PusherAppTests {
    /// The examples of Pusher's own documentation.
    private let app = PusherApp(key: "278d425bdf160c739803", secret: Array("7ad3773142a6692b25b8".utf8))

    @Test func `signatures are those of the documentation`() {
        #expect(
            app.hex(of: "1234.1234:private-foobar")
                == "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"
        )
        let data = "{\"user_id\":10,\"user_info\":{\"name\":\"Mr. Channels\"}}"
        #expect(
            app.hex(of: "1234.1234:presence-foobar:\(data)")
                == "31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80"
        )
    }

    @Test(arguments: [Subject.token(TokenID(rawValue: 12)), .session(String(repeating: "0a", count: 32)), .local])
    func `a signature is for its socket, its channel and its subject only`(subject: Subject) throws {
        let (socket, channel) = ("1.2", "private-deployment.7")
        let signature = app.signature(socket: socket, channel: channel, subject: subject, channelData: nil)
        #expect(signature.hasPrefix("\(app.key):") && signature.hasSuffix(":\(subject.text)"))
        #expect(app.subject(of: signature, socket: socket, channel: channel, channelData: nil) == subject)
        #expect(app.subject(of: signature, socket: "1.3", channel: channel, channelData: nil) == nil)
        #expect(app.subject(of: signature, socket: socket, channel: "private-deployment.8", channelData: nil) == nil)
        #expect(app.subject(of: signature, socket: socket, channel: channel, channelData: "{}") == nil)
        #expect(app.subject(of: nil, socket: socket, channel: channel, channelData: nil) == nil)
        let bare = signature.split(separator: ":").prefix(2).joined(separator: ":")
        let old = "\(app.key):\(app.hex(of: "\(socket):\(channel)"))"
        for forged in [bare, old, "\(bare):", "\(bare):t13", "\(bare):t012", "\(bare):x", "\(old):\(subject.text)", "", ":", ":l"] {
            #expect(app.subject(of: forged, socket: socket, channel: channel, channelData: nil) == nil, "\(forged)")
        }
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
