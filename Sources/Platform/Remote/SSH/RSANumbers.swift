internal import COpenSSL

/// The numbers of an RSA key as OpenSSH writes them.
struct RSANumbers {
    let n: UnsafeRawBufferPointer
    let e: UnsafeRawBufferPointer
    let d: UnsafeRawBufferPointer
    let inverse: UnsafeRawBufferPointer
    let p: UnsafeRawBufferPointer
    let q: UnsafeRawBufferPointer

    /// The key as OpenSSL has it, for EVP_PKEY_free; all that is made on the way is overwritten when it is freed.
    ///
    /// - SeeAlso: RFC 8017, section 3.2; EVP_PKEY-RSA(7) for the names
    func key() throws(SSHKeyFault) -> OpaquePointer {
        // Names that stay where they are: the builder keeps pointers to them.
        var numbers: [(name: StaticString, value: OpaquePointer)] = []
        defer { for number in numbers { BN_clear_free(number.value) } }
        let given: [(StaticString, UnsafeRawBufferPointer)] = [
            ("n", n), ("e", e), ("d", d), ("rsa-factor1", p), ("rsa-factor2", q), ("rsa-coefficient1", inverse),
        ]
        for (name, bytes) in given {
            guard let number = BN_secure_new() else { throw .memory }
            numbers.append((name, number))
            BN_bin2bn(bytes.bindMemory(to: UInt8.self).baseAddress, Int32(clamping: bytes.count), number)
        }
        // OpenSSH leaves these two out.
        let missing: [(StaticString, Int)] = [("rsa-exponent1", 3), ("rsa-exponent2", 4)]
        for (name, factor) in missing {
            guard let exponent = Self.exponent(numbers[2].value, modulo: numbers[factor].value) else { throw .damaged }
            numbers.append((name, exponent))
        }
        guard let builder = OSSL_PARAM_BLD_new() else { throw .memory }
        defer { OSSL_PARAM_BLD_free(builder) }
        for number in numbers {
            OSSL_PARAM_BLD_push_BN(builder, UnsafeRawPointer(number.name.utf8Start).assumingMemoryBound(to: CChar.self), number.value)
        }
        guard let parameters = OSSL_PARAM_BLD_to_param(builder) else { throw .memory }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else { throw .memory }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1, slipway_pkey_pair(context, &key, parameters) == 1, let key else {
            ERR_clear_error()
            throw .damaged
        }
        return key
    }

    /// The private exponent modulo one less than a factor.
    private static func exponent(_ d: OpaquePointer, modulo factor: OpaquePointer) -> OpaquePointer? {
        guard let context = BN_CTX_secure_new() else { return nil }
        defer { BN_CTX_free(context) }
        guard let result = BN_secure_new(), let less = BN_secure_new() else { return nil }
        defer { BN_clear_free(less) }
        guard BN_copy(less, factor) != nil, BN_sub_word(less, 1) == 1, BN_is_zero(less) == 0,
            slipway_bn_remainder(result, d, less, context) == 1
        else {
            BN_clear_free(result)
            return nil
        }
        return result
    }
}
