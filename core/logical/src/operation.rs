//! What a request wants to do with a path.

/// The operation of a request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// Write what is not there yet. Requests arrive as `Update`; the pipeline makes them `Create`
    /// where the path can tell that nothing exists.
    Create,
    /// Read one thing.
    Read,
    /// Write.
    Update,
    /// Change some members of what is there.
    Patch,
    /// Remove.
    Delete,
    /// Name the children.
    List,
    /// Name all descendants.
    Scan,
    /// Explain the path.
    Help,
    /// Only the head of an answer.
    Header,
}

impl Operation {
    /// The word used in audit lines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Scan => "scan",
            Self::Help => "help",
            Self::Header => "header",
        }
    }

    /// Whether the request has a body that is written (and so a path that must not end in `/`).
    pub const fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Patch)
    }

    /// Whether it lists, so that its path gets a trailing `/`.
    pub const fn lists(self) -> bool {
        matches!(self, Self::List | Self::Scan)
    }
}
