import Domain
import Testing

@Suite struct AddressRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3", "10.1.2.3/32"), ("0.0.0.0/0", "0.0.0.0/0"), ("255.255.255.255/32", "255.255.255.255/32"),
    ])
    func `a range is read, and written with its length`(text: String, written: String) {
        #expect(AddressRange(text)?.description == written)
    }

    @Test(arguments: [
        "", "10", "10.0.0", "10.0.0.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "010.0.0.0/8", "10.0.0.1/8",
        "10.0.0.0/-1",
        "10.0.0.0/8/8", " 10.0.0.0/8", "10.0.0.0/+8", "1٠.0.0.0", "fd00::/8", "::ffff:10.0.0.1", "10.0.0.0/8\n", "0x0a.0.0.0",
    ])
    func `anything else is none`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test func `one contains what lies in it`() throws {
        let (wide, narrow) = (try #require(AddressRange("10.0.0.0/8")), try #require(AddressRange("10.255.0.0/16")))
        #expect(wide.contains(narrow) && wide.contains(wide) && !narrow.contains(wide))
        #expect(try #require(AddressRange("0.0.0.0/0")).contains(wide))
        #expect(!wide.contains(try #require(AddressRange("11.0.0.0/16"))))
    }

    @Test(arguments: [("127.0.0.1", true), ("0.0.0.0", true), ("192.0.0.3", true), ("10.0.0.1", false), ("0.0.0.0/0", false)])
    func `loopback is no other machine`(text: String, isNeverOpen: Bool) throws {
        #expect(try #require(AddressRange(text)).isNeverOpen == isNeverOpen)
    }

    @Test func `a column keeps ranges in order, and what is no range opens nothing`() throws {
        let ranges = ["10.0.0.0/8", "192.168.1.1/32"].compactMap { AddressRange($0) }
        #expect(try AddressRange.list(AddressRange.text(of: ranges)) == ranges)
        #expect(try AddressRange.list("[\"10.0.0.0/8\", \"everything\"]") == [ranges[0]])
    }
}
