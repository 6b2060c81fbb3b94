/// The order in which Terraform prints a plan's resources: those of the root module first, then by address, `a[2]` before `a[10]`.
///
/// (Its `-json` events come in the order in which the plan's work happened to end.)
enum AddressOrder {
    static func isBefore(_ left: String, _ right: String) -> Bool {
        let (leftInModule, rightInModule) = (left.hasPrefix("module."), right.hasPrefix("module."))
        if leftInModule != rightInModule { return rightInModule }
        return compare(left.utf8[...], right.utf8[...])
    }

    // MARK: Details

    private static func compare(_ left: Substring.UTF8View, _ right: Substring.UTF8View) -> Bool {
        var (left, right) = (left, right)
        while let first = left.first, let other = right.first {
            if isDigit(first), isDigit(other) {
                let (number, otherNumber) = (left.prefix(while: isDigit), right.prefix(while: isDigit))
                // Of more digits means larger: indices have no leading zeros.
                if number.count != otherNumber.count { return number.count < otherNumber.count }
                if !number.elementsEqual(otherNumber) { return number.lexicographicallyPrecedes(otherNumber) }
                left = left.dropFirst(number.count)
                right = right.dropFirst(otherNumber.count)
                continue
            }
            if first != other { return first < other }
            left = left.dropFirst()
            right = right.dropFirst()
        }
        return left.isEmpty && !right.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
