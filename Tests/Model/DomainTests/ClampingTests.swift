import Domain
import Testing

@Suite struct ClampingTests {
    @Test func `a floating-point number becomes the nearest whole one, whatever it is`() {
        #expect(Int(clamping: 2.9) == 2 && Int(clamping: -2.9) == -2)
        #expect(Int(clamping: 1e300) == .max && Int(clamping: -1e300) == .min)
        #expect(Int(clamping: .infinity) == .max && Int(clamping: -.infinity) == .min && Int(clamping: .nan) == 0)
        #expect(Int64(clamping: 9_223_372_036_854_775_808.0) == .max && UInt8(clamping: 300.5) == 255 && UInt8(clamping: -0.5) == 0)
    }

    @Test func `a sum ends at the largest and the smallest number`() {
        #expect(Int.max.addingClamped(1) == .max && Int.min.addingClamped(-1) == .min && 3.addingClamped(4) == 7)
    }
}
