//! Why access is not given, changed or taken: the texts that clients know, and their codes.

use logical::{Code, TokenType};

/// What the decisions of this crate answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refused change of tokens, leases, policies or wrapped answers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No token, or one that is no more.
    #[error("permission denied")]
    NoToken,
    /// The token to look up is none.
    #[error("bad token")]
    BadToken,
    /// The token to renew is none.
    #[error("token not found")]
    TokenNotFound,
    /// No token was named.
    #[error("missing token ID")]
    TokenMissing,
    /// No accessor was named.
    #[error("missing accessor")]
    AccessorMissing,
    /// The accessor is none.
    #[error("invalid accessor")]
    AccessorInvalid,
    /// The token lives for ever.
    #[error("invalid lease ID")]
    NotLeased,
    /// The lease was issued so.
    #[error("lease is not renewable")]
    NotRenewable,
    /// The longest life is over.
    #[error("past the max TTL, cannot renew")]
    PastMaxTtl,
    /// A deed that batch tokens do not know.
    #[error("batch tokens cannot {0}")]
    Batch(&'static str),
    /// A parameter that batch tokens do not have.
    #[error("batch tokens cannot have \"{0}\" set")]
    BatchSet(&'static str),
    /// The parent has a limited number of uses.
    #[error("restricted use token cannot generate child tokens")]
    RestrictedParent,
    /// A policy that the parent does not have.
    #[error("child policies must be subset of parent")]
    NotSubset,
    /// Only with the `sudo` capability.
    #[error("root or sudo privileges required to {0}")]
    SudoRequired(&'static str),
    /// The root policy from a parent that does not have it.
    #[error("root tokens may not be created without parent token being root")]
    RootParent,
    /// A root token for ever from one that ends.
    #[error("expiring root tokens cannot create non-expiring root tokens")]
    ExpiringRoot,
    /// An auth method handed out the root policy.
    #[error("auth methods cannot create root tokens")]
    RootLogin,
    /// A policy that only the server gives.
    #[error("cannot assign policy \"{0}\"")]
    PolicyNotAssignable(String),
    /// Fewer uses than none.
    #[error("number of uses cannot be negative")]
    UsesNegative,
    /// A type that there is none of.
    #[error("invalid 'token_type' value")]
    TypeInvalid,
    /// A negative length of time.
    #[error("{0} must be positive")]
    NotPositive(&'static str),
    /// A text that is no length of time.
    #[error("{0}")]
    Duration(String),
    /// An own id that looks like one of ours.
    #[error("custom token ID cannot have the '{0}' prefix")]
    IdPrefix(&'static str),
    /// An own id with a dot.
    #[error("custom token ID cannot have a '.' in the value")]
    IdDot,
    /// An own id that is in use.
    #[error("cannot create a token with a duplicate ID")]
    IdTaken,
    /// An entity alias without the role that would allow it.
    #[error("'entity_alias' is only allowed in combination with token role")]
    EntityAlias,
    /// A token role that there is not.
    #[error("unknown role {0}")]
    UnknownRole(String),
    /// More than a limit allows.
    #[error("a token has at most {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many at most.
        max: usize,
    },
    /// The lease to look up is none.
    #[error("invalid lease")]
    LeaseInvalid,
    /// The lease to renew is none.
    #[error("lease not found")]
    LeaseNotFound,
    /// The lease is a token's.
    #[error("tokens cannot be renewed through this endpoint")]
    TokenLease,
    /// No token to unwrap.
    #[error("error validating wrapping token: token is empty")]
    WrappingEmpty,
    /// The token wraps nothing.
    #[error("wrapping token is not valid or does not exist")]
    WrappingInvalid,
    /// A policy that cannot be written.
    #[error("cannot update \"{0}\" policy")]
    PolicyFixed(String),
    /// A policy that cannot be removed.
    #[error("cannot delete \"{0}\" policy")]
    PolicyKept(String),
    /// The default policy cannot be removed.
    #[error("cannot delete default policy")]
    DefaultPolicyKept,
    /// A policy without a text.
    #[error("'policy' parameter not supplied or empty")]
    PolicyEmpty,
    /// A policy that cannot be a key of the store.
    #[error("invalid policy name")]
    PolicyName,
    /// A policy that is no policy.
    #[error("{0}")]
    PolicyText(#[from] policy::Error),
    /// A policy that is only written with a version.
    #[error("check-and-set parameter required for this call")]
    CasRequired,
    /// A policy of another version.
    #[error("check-and-set parameter did not match the current version")]
    CasMismatch,
    /// A policy that must not be there yet.
    #[error("check-and-set parameter set to -1 on existing entry")]
    CasExists,
    /// A record that cannot be read.
    #[error("the record at {key} cannot be read")]
    Corrupt {
        /// Where it is.
        key: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl Error {
    /// What a token of this type cannot do.
    pub(crate) fn unless_service(kind: TokenType, deed: &'static str) -> Result<()> {
        match kind {
            TokenType::Service => Ok(()),
            TokenType::Batch => Err(Self::Batch(deed)),
        }
    }
}

impl From<Error> for logical::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Corrupt { .. } => Self::internal(error),
            Error::NoToken | Error::BadToken | Error::WrappingEmpty => {
                Self::new(Code::PermissionDenied, error.to_string())
            }
            // Clients know these two in the form of a list.
            Error::AccessorMissing | Error::AccessorInvalid => {
                Self::listed(Code::InvalidRequest, error)
            }
            other => Self::invalid(other.to_string()),
        }
    }
}
