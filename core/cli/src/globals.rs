//! The flags that many commands share: how to reach the server, and how to print.

use crate::flags::{Flag, Kind};

/// How to reach the server.
pub(crate) const HTTP: &[Flag] = &[
    Flag::new(&["address"], Kind::Text, "The server's address, such as https://127.0.0.1:8200.")
        .or_variable("ADDR"),
    Flag::new(&["ca-cert"], Kind::Text, "A PEM file of the authorities to trust.")
        .or_variable("CACERT"),
    Flag::new(&["ca-path"], Kind::Text, "A folder of PEM files of the authorities to trust.")
        .or_variable("CAPATH"),
    Flag::new(&["client-cert"], Kind::Text, "A PEM file with the certificate to show.")
        .or_variable("CLIENT_CERT"),
    Flag::new(&["client-key"], Kind::Text, "The PEM file with that certificate's private key.")
        .or_variable("CLIENT_KEY"),
    Flag::new(&["disable-redirects"], Kind::Bool, "Do not follow a standby to the active node.")
        .or_variable("DISABLE_REDIRECTS"),
    Flag::new(&["header"], Kind::Pairs, "A header to send, as name=value. May be repeated.")
        .or_variable("HEADERS"),
    Flag::new(
        &["mfa"],
        Kind::List,
        "Credentials of multi-factor authentication, sent as they are.",
    )
    .or_variable("MFA"),
    Flag::new(&["namespace", "ns"], Kind::Text, "The namespace to work in.")
        .or_variable("NAMESPACE"),
    Flag::new(&["non-interactive"], Kind::Bool, "Never ask a question; fail instead."),
    Flag::new(
        &["output-curl-string"],
        Kind::Bool,
        "Print the curl command that does the same, and do nothing.",
    ),
    Flag::new(
        &["output-policy"],
        Kind::Bool,
        "Print the policy that this command needs, and do nothing.",
    ),
    Flag::new(&["policy-override"], Kind::Bool, "Override a soft-mandatory policy."),
    Flag::new(
        &["tls-server-name"],
        Kind::Text,
        "The name to ask for and to verify, if it is not the host of the address.",
    )
    .or_variable("TLS_SERVER_NAME"),
    Flag::new(
        &["tls-skip-verify"],
        Kind::Bool,
        "Accept any certificate. Whoever stands between can then read everything.",
    )
    .or_variable("SKIP_VERIFY"),
    Flag::new(&["unlock-key"], Kind::Text, "The key of a locked namespace."),
    Flag::new(
        &["wrap-ttl"],
        Kind::Ttl,
        "Wrap the answer in a token of a single use that lives this long.",
    )
    .or_variable("WRAP_TTL"),
];

/// In which form to print.
pub(crate) const FORMAT: &[Flag] = &[Flag::new(
    &["format"],
    Kind::Text,
    "How to print: table (the default), json or yaml; read also knows raw.",
)
.or_variable("FORMAT")];

/// Which part to print.
pub(crate) const FIELD: &[Flag] = &[Flag::new(
    &["field"],
    Kind::Text,
    "Print this field alone, and no line end unless to a terminal.",
)];

/// How much of a listing to print.
pub(crate) const DETAILED: &[Flag] =
    &[Flag::new(&["detailed"], Kind::Bool, "Print more columns.").or_variable("DETAILED")];

/// Which of them a command knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Globals {
    /// None: it does not ask the server.
    None,
    /// How to reach the server.
    Http,
    /// That, and the form of what is printed.
    Format,
    /// That, and a single field.
    Field,
    /// A listing: reach, form and how much.
    Listing,
}

impl Globals {
    /// The flags, with the heading each group has in a help text.
    pub(crate) fn groups(self) -> &'static [(&'static str, &'static [Flag])] {
        const REACH: (&str, &[Flag]) = ("HTTP options", HTTP);
        match self {
            Self::None => &[],
            Self::Http => &[REACH],
            Self::Format => &[REACH, ("Output options", FORMAT)],
            Self::Field => &[REACH, ("Output options", FORMAT), ("", FIELD)],
            Self::Listing => &[REACH, ("Output options", FORMAT), ("", DETAILED)],
        }
    }
}
