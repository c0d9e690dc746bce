//! What a policy can allow, and sets of it.

/// One capability.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Capability {
    /// Nothing, whatever else is granted.
    Deny,
    /// Write what is not there yet.
    Create,
    /// Read.
    Read,
    /// Write what is there.
    Update,
    /// Remove.
    Delete,
    /// Name the children.
    List,
    /// Name all descendants.
    Scan,
    /// Use paths that are protected besides.
    Sudo,
    /// Change some members.
    Patch,
}

impl Capability {
    /// All of them, sorted by their words.
    pub const ALL: [Self; 9] = [
        Self::Create,
        Self::Delete,
        Self::Deny,
        Self::List,
        Self::Patch,
        Self::Read,
        Self::Scan,
        Self::Sudo,
        Self::Update,
    ];

    /// The word in policies and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Scan => "scan",
            Self::Sudo => "sudo",
            Self::Patch => "patch",
        }
    }

    /// The capability of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.word() == word)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Several capabilities.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CapabilitySet(u16);

impl CapabilitySet {
    /// Deny, and nothing else.
    pub const DENY: Self = Self(Capability::Deny.bit());

    /// Adds one.
    pub fn insert(&mut self, capability: Capability) {
        self.0 |= capability.bit();
    }

    /// Both together; a deny on either side is all that remains.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if self.denies() || other.denies() { Self::DENY } else { Self(self.0 | other.0) }
    }

    /// Whether it is in there.
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }

    /// Whether it denies.
    pub const fn denies(self) -> bool {
        self.contains(Capability::Deny)
    }

    /// Whether it allows anything.
    pub const fn allows_any(self) -> bool {
        self.0 != 0 && !self.denies()
    }

    /// Those in there, sorted by their words.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.into_iter().filter(move |capability| self.contains(*capability))
    }

    /// Their words, sorted.
    pub fn words(self) -> Vec<&'static str> {
        self.iter().map(Capability::word).collect()
    }
}

impl FromIterator<Capability> for CapabilitySet {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        let mut set = Self::default();
        capabilities.into_iter().for_each(|capability| set.insert(capability));
        set
    }
}
