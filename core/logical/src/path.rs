//! One endpoint of a backend: its pattern, its parameters, its handlers.

use std::{future::Future, pin::Pin};

use crate::{Call, Field, Fields, Operation, Response, Result, pattern::Pattern};

/// What a path asks of a request, besides a policy.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PathAuth {
    /// No token: anybody may call it.
    None,
    /// A token whose policies allow it.
    #[default]
    Token,
    /// The same, and the `sudo` capability.
    Sudo,
}

/// The future of a handler.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Answers one operation of a path: `|backend, call, fields| Box::pin(read(backend, call, fields))`.
pub type Handler<B> = for<'a> fn(&'a B, Call<'a>, Fields) -> Answer<'a, Response>;

/// Tells whether what a write aims at exists.
pub type Exists<B> = for<'a> fn(&'a B, Call<'a>, Fields) -> Answer<'a, bool>;

/// One endpoint.
pub struct Path<B> {
    /// Which paths it answers.
    pub pattern: Pattern,
    /// The parameters it knows.
    pub fields: &'static [Field],
    /// What it asks of a request.
    pub auth: PathAuth,
    /// Whether parameters that it does not know are data rather than a mistake.
    pub free_form: bool,
    /// What it is for, in a sentence.
    pub help: &'static str,
    pub(crate) handlers: Vec<(Operation, Handler<B>)>,
    pub(crate) exists: Option<Exists<B>>,
}

impl<B> Path<B> {
    /// An endpoint without parameters or handlers that asks for a token.
    pub fn new(pattern: &'static str) -> Self {
        Self {
            pattern: Pattern(pattern),
            fields: &[],
            auth: PathAuth::Token,
            free_form: false,
            help: "",
            handlers: Vec::new(),
            exists: None,
        }
    }

    /// Sets the parameters.
    #[must_use]
    pub fn fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    /// Sets what it asks of a request.
    #[must_use]
    pub fn auth(mut self, auth: PathAuth) -> Self {
        self.auth = auth;
        self
    }

    /// Takes any parameter.
    #[must_use]
    pub fn free_form(mut self) -> Self {
        self.free_form = true;
        self
    }

    /// Sets the help text.
    #[must_use]
    pub fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// Adds a handler. One for `Update` also answers `Create` where there is none for it.
    #[must_use]
    pub fn on(mut self, operation: Operation, handler: Handler<B>) -> Self {
        self.handlers.push((operation, handler));
        self
    }

    /// Lets writes be told apart into create and update.
    #[must_use]
    pub fn exists(mut self, exists: Exists<B>) -> Self {
        self.exists = Some(exists);
        self
    }

    /// The handler of an operation.
    pub(crate) fn handler(&self, operation: Operation) -> Option<Handler<B>> {
        let find = |want| self.handlers.iter().find(|(op, _)| *op == want).map(|(_, h)| *h);
        match operation {
            Operation::Create => find(Operation::Create).or_else(|| find(Operation::Update)),
            other => find(other),
        }
    }
}
