//! The headers that tie our calls to what caused them.
//!
//! Owns [`Trace`]. It makes no ids: they come with the request or the job that is being worked on.

/// What a call carries so that the receiving system's log can be joined to ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The W3C `traceparent` header.
    pub traceparent: Option<String>,
    /// The `X-Correlation-Id` header: a request id or an intent's id, never a person's.
    pub correlation_id: Option<String>,
}

impl Trace {
    /// A trace that carries only a correlation id.
    pub fn correlated(id: impl Into<String>) -> Self {
        Self { traceparent: None, correlation_id: Some(id.into()) }
    }

    /// The `traceparent` of a call that is made now: the call's own span where traces are exported, else the cause's.
    pub(crate) fn parent_of_call(&self) -> Option<String> {
        runtime::trace::current().or_else(|| self.traceparent.clone())
    }
}
