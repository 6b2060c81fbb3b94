/// Why a state is saved.
package enum StateKind: Sendable, Equatable {
    /// A run is still at work and will write more: the same job's next state takes this one's place.
    case intermediate
    /// It stays as it is, for good.
    case final
}
