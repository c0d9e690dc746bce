//! The texts of the policies that every server has from its first start.

/// The `default` policy: what a token may do with itself, with its cubbyhole and with wrapped
/// answers. Operators may change it.
pub const DEFAULT: &str = r#"
# A token may look at itself, renew itself and revoke itself.
path "auth/token/lookup-self" {
    capabilities = ["read"]
}
path "auth/token/renew-self" {
    capabilities = ["update"]
}
path "auth/token/revoke-self" {
    capabilities = ["update"]
}

# It may ask what it is allowed to do with a path.
path "sys/capabilities-self" {
    capabilities = ["update"]
}

# It may read its own entity, by id and by name.
path "identity/entity/id/{{identity.entity.id}}" {
  capabilities = ["read"]
}
path "identity/entity/name/{{identity.entity.name}}" {
  capabilities = ["read"]
}

# It may ask for the sum of its policies. User interfaces use this; the form of
# the answer is not promised.
path "sys/internal/ui/resultant-acl" {
    capabilities = ["read"]
}

# It may renew and look up a lease whose id it knows.
path "sys/leases/renew" {
    capabilities = ["update"]
}
path "sys/leases/lookup" {
    capabilities = ["update"]
}

# Its cubbyhole is its own.
path "cubbyhole/*" {
    capabilities = ["create", "read", "update", "delete", "list"]
}

# It may wrap values, look at the age of a wrapping token and unwrap it. The
# last spares clients a change of tokens.
path "sys/wrapping/wrap" {
    capabilities = ["update"]
}
path "sys/wrapping/lookup" {
    capabilities = ["update"]
}
path "sys/wrapping/unwrap" {
    capabilities = ["update"]
}

# Hashing is for everybody.
path "sys/tools/hash" {
    capabilities = ["update"]
}
path "sys/tools/hash/*" {
    capabilities = ["update"]
}

# It may log in to applications through the OIDC provider.
path "identity/oidc/provider/+/authorize" {
    capabilities = ["read", "update"]
}
"#;

/// The `response-wrapping` policy: what a wrapping token may do, and no more. Nobody may change it.
pub const RESPONSE_WRAPPING: &str = r#"
path "cubbyhole/response" {
    capabilities = ["create", "read"]
}

path "sys/wrapping/unwrap" {
    capabilities = ["update"]
}
"#;
