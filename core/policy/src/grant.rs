//! The permission to call an engine, as a thing that only a decision can make.

/// Proof that a policy, or the path itself, allows a request.
#[derive(Clone, Debug)]
pub struct Grant {
    policies: Vec<String>,
    root: bool,
}

impl Grant {
    /// For a path that needs no token.
    pub fn unauthenticated() -> Self {
        Self { policies: Vec::new(), root: false }
    }

    /// Whether it was granted by the root policy.
    pub fn is_root(&self) -> bool {
        self.root
    }

    /// The names of the policies that granted it.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }
}
