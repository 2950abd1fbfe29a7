//! The context of one operation: who, when, and under which correlation id.

use domain::User;
use domain::access::Caller;
use jiff::Timestamp;
use runtime::Secret;
use upstream::Trace;

use crate::App;
use crate::idempotency::Once;
use crate::version::Versions;

/// Ties a request to everything that follows from it, in logs, the ledger and other systems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correlation {
    /// The id that people quote; ours or the caller's.
    pub id: String,
    /// The W3C trace context: the request's own span, or what the caller sent.
    pub traceparent: Option<String>,
}

impl Correlation {
    /// Of something that no request caused.
    pub fn untraced(id: impl Into<String>) -> Self {
        Self { id: id.into(), traceparent: None }
    }

    /// What calls to other systems carry.
    pub fn trace(&self) -> Trace {
        Trace { traceparent: self.traceparent.clone(), correlation_id: Some(self.id.clone()) }
    }
}

/// One operation: made by [`App::authenticate`], passed first to every use case. It has one "now".
#[derive(Clone)]
pub struct OpCtx {
    pub(crate) app: App,
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
    pub(crate) correlation: Correlation,
    pub(crate) token: Secret,
    /// The token's own id; positive access answers are never believed beyond the sign-in that they were given for.
    pub(crate) token_id: String,
    pub(crate) display_name: Option<String>,
    /// What ties it to the key of its request, if it came with one.
    pub(crate) once: Option<Once>,
    /// Which version it is to change, and which one it shows.
    pub(crate) versions: Versions,
}

impl OpCtx {
    /// Whoever calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The operation's instant.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What ties it to everything that follows from it.
    pub fn correlation(&self) -> &Correlation {
        &self.correlation
    }

    /// The caller's name as the sign-in service words it, for the page header.
    pub fn display_name(&self) -> Option<&str> {
        self.display_name.as_deref()
    }

    pub(crate) fn trace(&self) -> Trace {
        self.correlation.trace()
    }

    /// The person who acts; machines act as this service.
    pub(crate) fn actor(&self) -> User {
        self.caller.user().cloned().unwrap_or_else(User::service)
    }
}

impl std::fmt::Debug for OpCtx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpCtx({})", self.correlation.id)
    }
}
