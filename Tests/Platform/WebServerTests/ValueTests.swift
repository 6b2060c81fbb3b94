import Testing

@testable import WebServer

@Suite struct ValueTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "255.1.2.3", true),
        ("0.0.0.0/0", "::1", false),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
        ("2001:db8::/65", "2001:db8:0:0:7fff::1", true), ("2001:db8::/65", "2001:db8:0:0:8000::1", false), ("::/0", "10.0.0.1", true),
        ("::1", "::1", true), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
    ]) func `a range holds the addresses that share its bits`(_ range: String, _ address: String, _ isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0/8", "a/8", "10.0.0.0/8/8", "/", "10.0.0.0/"])
    func `what is no range is none`(_ text: String) { #expect(AddressRange(text) == nil) }

    @Test(arguments: ["127.0.0.1", "255.255.255.255", "::1", "2001:db8::7"]) func `an address is written as it is read`(_ text: String) {
        #expect(IPAddress(text)?.text == text)
    }

    @Test func `a target's segments and query are taken apart`() throws {
        let target = try #require(RequestTarget("/api/%C3%BC/a%2Fb//?q=a%3Db&q=2&=x&flag&bad=%z"))
        #expect(target.segments == ["api", "ü", "a/b", "", ""])
        #expect(target.path == "/api/%C3%BC/a%2Fb//")
        #expect(target.queryItems.map(\.name) == ["q", "q", "", "flag", "bad"])
        #expect(target.query("q") == "a=b" && target.query("flag") == "" && target.query("bad") == "%z" && target.query("none") == nil)
        #expect(RequestTarget("/")?.segments == [] && RequestTarget("/?a")?.query == "a" && RequestTarget("/a?")?.query == "")
        #expect(
            RequestTarget("HTTPS://host:1/a?b")?.path == "/a" && RequestTarget("http://host")?.path == "/"
                && RequestTarget("http://host?q")?.query == "q"
        )
    }

    @Test func `frames are encoded in the shortest form`() {
        #expect(EncodedFrame.text("ü").bytes == [0x81, 2, 0xC3, 0xBC])
        #expect(EncodedFrame.binary([]).bytes == [0x82, 0])
        #expect(EncodedFrame.binary([UInt8](repeating: 0, count: 126)).bytes.prefix(4) == [0x82, 126, 0, 126])
        #expect(EncodedFrame.binary([UInt8](repeating: 0, count: 65_536)).bytes.prefix(10) == [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])
        let close = EncodedFrame.close(1000, reason: String(repeating: "ü", count: 100)).bytes
        #expect(close[1] == 2 + 122 && String(validating: close.dropFirst(4), as: UTF8.self) != nil)
    }

    @Test func `header names are compared without regard to case, and lists by their tokens`() {
        let headers = HeaderFields([
            HeaderField("Accept", "a"), HeaderField("ACCEPT", "b"), HeaderField("Connection", "keep-alive , Upgrade"),
            HeaderField("Ac", "c"),
        ])
        #expect(headers["accept"] == "a" && headers.all("accept") == ["a", "b"] && headers["x"] == nil && headers["AC"] == "c")
        #expect(headers.has("connection", token: "upgrade") && !headers.has("connection", token: "up"))
        // 0x40 and 0x60 differ by the bit that makes letters small, and are no letters.
        #expect(HeaderFields([HeaderField("a@", "x")])["a`"] == nil)
    }
}
