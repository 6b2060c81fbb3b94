extension FailureCause {
    /// What messages hold, in lower case, read from the top: the first that matches counts.
    ///
    /// What is specific stands before what is general: `connection refused` while a provider is being downloaded is the network's fault,
    /// and a `403` with `RequestLimitExceeded` is throttling.
    static let table: [(cause: FailureCause, phrases: [String])] = [
        rule(
            .throttling,
            """
            throttl | requestlimitexceeded | toomanyrequests | too many requests | rate exceeded | rate limit | slowdown
            slow down | bandwidthlimitexceeded | priorrequestnotcomplete | ratelimitexceeded | statuscode: 429 | error 429
            http 429 | status 429
            """
        ),
        rule(
            .quota,
            """
            vcpulimitexceeded | instancelimitexceeded | addresslimitexceeded | vpclimitexceeded | limitexceeded
            limit exceeded | quotaexceeded | quota exceeded | quota_exceeded | exceeds the quota | exceeded quota
            servicequota | toomanybuckets | resource_limit_exceeded | droplet limit | operationnotallowed
            """
        ),
        rule(
            .credentials,
            """
            invalidclienttokenid | expiredtoken | expired token | token included in the request is expired
            requestexpired | signaturedoesnotmatch | invalidaccesskeyid | authfailure | unrecognizedclient
            no valid credential | could not find default credentials | failed to refresh cached credentials
            unable to authenticate | invalid_grant | authenticationfailed | statuscode: 401 | error 401 | unauthenticated
            missing or invalid authentication | nocredentialproviders | invalid api token
            """
        ),
        rule(
            .permission,
            """
            unauthorizedoperation | accessdenied | access denied | not authorized | permission denied | permission_denied
            authorizationfailed | forbidden | statuscode: 403 | error 403 | insufficient permission | explicit deny
            """
        ),
        rule(
            .dns,
            """
            no such host | temporary failure in name resolution | server misbehaving | name or service not known
            nxdomain
            """
        ),
        rule(
            .network,
            """
            connection refused | connection reset | i/o timeout | tls handshake timeout | network is unreachable
            no route to host | broken pipe | unexpected eof | context deadline exceeded | client.timeout exceeded
            connection timed out | request send failed | requesttimeout | proxyconnect
            """
        ),
        rule(
            .serverError,
            """
            internalerror | internal server error | internalfailure | serviceunavailable | service unavailable
            bad gateway | gateway timeout | statuscode: 500 | statuscode: 502 | statuscode: 503 | statuscode: 504
            error 500 | error 502 | error 503 | error 504 | 502 bad | 503 service | backenderror
            insufficientinstancecapacity
            """
        ),
        rule(
            .lockContention,
            """
            error acquiring the state lock | state lock | operationaborted | conflicting conditional operation
            dependencyviolation | incorrectinstancestate | anotheroperationinprogress | operation is in progress
            concurrentmodification
            """
        ),
        rule(
            .missingVariable,
            """
            no value for required variable
            """
        ),
        rule(
            .unknownModule,
            """
            unreadable module | module not found | module not installed | failed to download module
            could not download module | module source has changed | error accessing remote module registry
            """
        ),
        rule(
            .unknownProvider,
            """
            failed to query available provider packages | failed to install provider | inconsistent dependency lock file
            required plugins are not installed | incompatible provider version | failed to resolve provider packages
            does not match configured version | invalid provider registry host
            """
        ),
        rule(
            .backend,
            """
            backend initialization required | backend configuration changed
            hcp terraform or terraform enterprise initialization
            """
        ),
        rule(
            .provisioner,
            """
            provisioner error
            """
        ),
        rule(
            .syntax,
            """
            invalid block definition | argument or block definition required | unclosed configuration block
            invalid expression | unsupported block type | unsupported argument | missing required argument
            invalid character | unterminated | invalid multi-line string | missing newline after
            argument definition required | invalid argument name | missing name for resource | duplicate resource
            unclosed | extraneous label | missing item separator | invalid block | extra characters after
            """
        ),
        rule(
            .conflict,
            """
            alreadyexists | already exists | alreadyownedbyyou | duplicate | entityalreadyexists | conflict
            """
        ),
        rule(
            .validation,
            """
            reference to undeclared | unsupported attribute | invalid value | invalid index | invalid function argument
            invalid reference | invalid resource type | invalid data source | incorrect attribute value type
            error in function call | invalid template | resource precondition failed | resource postcondition failed
            check block assertion failed | invalid count | invalid for_each | cycle: | invalidparameter | validationerror
            validation error | malformed | missingparameter | invalidami | expected  | must be one of
            unsuitable value type | invalid number literal | provider produced | invalid provider configuration
            instance cannot be destroyed | saved plan is stale | statuscode: 400 | invalid combination
            """
        ),
    ]

    /// Makes a row; phrases are separated by `|` or line ends.
    private static func rule(_ cause: FailureCause, _ phrases: String) -> (cause: FailureCause, phrases: [String]) {
        let pieces = phrases.split { $0 == "|" || $0.isNewline }
        return (cause, pieces.map { piece in String(piece.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) })
    }
}
