//! What can go wrong when another system is called, and the one question that decides what may be done next: may the
//! request have been carried out?
//!
//! Owns [`UpstreamError`] and its closed list of kinds. It does not decide about retries of writes: that is delivery's.
//! Nothing here prints an address, a body or a name: an answer's text is kept for the ledger in [`AnswerText`], whose
//! `Debug` is masked.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The systems that this crate calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// Sign-in: tokens, keys, sign-out.
    Auth,
    /// The directory of users and provider groups.
    ManageUsers,
    /// The register of tokens that are still active.
    TokenVerification,
    /// The probation record.
    Delius,
    /// The older API in front of the probation record, where activities are read through it.
    CommunityApi,
    /// Risk assessments and the redacted risk that we hand over.
    Arn,
    /// The search index of people in prison.
    PrisonerSearch,
    /// The list of prisons.
    PrisonRegister,
    /// The list of secure children's homes.
    PrisonApi,
    /// GOV.UK Notify, for e-mail.
    Notify,
    /// The topic of domain events.
    Events,
}

impl System {
    /// Every system, in the order in which health is reported.
    pub const ALL: [Self; 11] = [
        Self::Auth,
        Self::ManageUsers,
        Self::TokenVerification,
        Self::Delius,
        Self::CommunityApi,
        Self::Arn,
        Self::PrisonerSearch,
        Self::PrisonRegister,
        Self::PrisonApi,
        Self::Notify,
        Self::Events,
    ];

    /// The name used in logs, metrics and the ledger: lower case with hyphens, never changed once published.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::ManageUsers => "manage-users",
            Self::TokenVerification => "token-verification",
            Self::Delius => "delius",
            Self::CommunityApi => "community-api",
            Self::Arn => "arn",
            Self::PrisonerSearch => "prisoner-search",
            Self::PrisonRegister => "prison-register",
            Self::PrisonApi => "prison-api",
            Self::Notify => "notify",
            Self::Events => "events",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A piece of another system's answer, at most [`AnswerText::MAX_CHARS`] characters.
///
/// It may hold personal data, so it goes to the delivery ledger and to the person concerned, never to a log: `Debug`
/// masks it and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct AnswerText(String);

impl AnswerText {
    /// What is kept of a longer text.
    pub const MAX_CHARS: usize = 2000;

    /// Keeps the beginning of `text`.
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(Self::MAX_CHARS).collect())
    }

    /// The text itself, for the ledger or for the person it is about.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AnswerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnswerText(*** {} characters)", self.0.chars().count())
    }
}

/// A complete answer that says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status, outside 200–299.
    pub status: u16,
    /// The system's own machine-readable label where it has one, such as Notify's `RateLimitError`.
    pub code: Option<String>,
    /// What the system wants a person to read, where its error shape has such a field. Never branch on it.
    pub user_message: Option<AnswerText>,
    /// The beginning of the answer's body.
    pub body: AnswerText,
    /// How long the system asks us to wait (`Retry-After` in seconds).
    pub retry_after: Option<Duration>,
}

/// How a call failed.
#[derive(Debug, Clone)]
pub enum Kind {
    /// No complete answer in time. The request may have been carried out.
    Timeout,
    /// No connection, or one that broke.
    Unreachable {
        /// False when no connection was made, so that nothing can have arrived.
        sent: bool,
    },
    /// A complete answer that says no.
    Refused(Box<Refusal>),
    /// An answer that is cut short or not of the agreed shape.
    Malformed {
        /// Where it stops making sense; a position, never a value.
        at: String,
    },
    /// The circuit breaker is open; nothing was sent.
    CircuitOpen {
        /// How long until a trial call is let through.
        retry_after: Duration,
    },
    /// All of our slots for this system stayed taken; nothing was sent.
    Saturated,
    /// No service token could be had, so nothing was sent; the reason is the sign-in system's.
    NoToken(Box<UpstreamError>),
    /// The request could not be built from what the caller gave; nothing was sent.
    Unsendable {
        /// What is wrong with it.
        at: &'static str,
    },
}

/// A call to another system that did not give the answer we need.
#[derive(Clone, thiserror::Error)]
#[error("{system} {operation} {}", self.kind.phrase())]
pub struct UpstreamError {
    /// The system called.
    pub system: System,
    /// The operation, one of the fixed names that the client uses.
    pub operation: &'static str,
    /// What happened.
    pub kind: Kind,
    #[source]
    cause: Option<Cause>,
}

/// The library's own error, shared so that an [`UpstreamError`] can be cloned to everyone who waited for one call.
#[derive(Clone)]
struct Cause(Arc<dyn Error + Send + Sync>);

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl UpstreamError {
    /// An error without an underlying cause.
    pub fn new(system: System, operation: &'static str, kind: Kind) -> Self {
        Self { system, operation, kind, cause: None }
    }

    /// The same with the library's own error behind it. The caller has taken addresses out of it.
    pub(crate) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause(Arc::new(cause)));
        self
    }

    /// Whether the request may have been carried out although we did not get a proper answer: time-out after sending,
    /// broken connection, an answer we cannot read, or a status by which a go-between or a crash hides the outcome
    /// (500, 502, 504).
    ///
    /// What follows a write that is ambiguous must be safe whether it was carried out or not.
    pub fn is_ambiguous(&self) -> bool {
        match &self.kind {
            Kind::Timeout | Kind::Malformed { .. } | Kind::Unreachable { sent: true } => true,
            Kind::Refused(refusal) => matches!(refusal.status, 500 | 502 | 504),
            Kind::Unreachable { sent: false }
            | Kind::CircuitOpen { .. }
            | Kind::Saturated
            | Kind::NoToken(_)
            | Kind::Unsendable { .. } => false,
        }
    }

    /// Whether it is certain that no byte of the request reached the system.
    pub fn never_sent(&self) -> bool {
        match &self.kind {
            Kind::Unreachable { sent } => !sent,
            Kind::CircuitOpen { .. } | Kind::Saturated | Kind::NoToken(_) | Kind::Unsendable { .. } => true,
            Kind::Timeout | Kind::Refused(_) | Kind::Malformed { .. } => false,
        }
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        self.refusal().map(|refusal| refusal.status)
    }

    /// The refusal, if the system answered in full.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.kind {
            Kind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the fault lies with the other system or the way to it, so that the same call may succeed later.
    pub fn is_outage(&self) -> bool {
        match &self.kind {
            Kind::Timeout
            | Kind::Unreachable { .. }
            | Kind::Malformed { .. }
            | Kind::CircuitOpen { .. }
            | Kind::Saturated => true,
            Kind::Refused(refusal) => refusal.status >= 500 || refusal.status == 429,
            Kind::NoToken(reason) => reason.is_outage(),
            Kind::Unsendable { .. } => false,
        }
    }

    /// The label of metrics and spans.
    pub fn outcome(&self) -> &'static str {
        match &self.kind {
            Kind::Timeout => "timeout",
            Kind::Unreachable { .. } => "unreachable",
            Kind::Refused(refusal) if refusal.status >= 500 => "refused_5xx",
            Kind::Refused(refusal) if refusal.status >= 400 => "refused_4xx",
            Kind::Refused(_) => "refused_other",
            Kind::Malformed { .. } => "malformed",
            Kind::CircuitOpen { .. } => "circuit_open",
            Kind::Saturated => "saturated",
            Kind::NoToken(_) => "no_token",
            Kind::Unsendable { .. } => "unsendable",
        }
    }
}

impl fmt::Debug for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamError")
            .field("system", &self.system.name())
            .field("operation", &self.operation)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Kind {
    fn phrase(&self) -> String {
        match self {
            Self::Timeout => "gave no complete answer in time".to_owned(),
            Self::Unreachable { sent: false } => "could not be reached".to_owned(),
            Self::Unreachable { sent: true } => "lost the connection".to_owned(),
            Self::Refused(refusal) => match &refusal.code {
                Some(code) => format!("refused with status {} ({code})", refusal.status),
                None => format!("refused with status {}", refusal.status),
            },
            Self::Malformed { at } => format!("gave an answer that cannot be read: {at}"),
            Self::CircuitOpen { retry_after } => {
                format!("is not called for another {} s after repeated failures", retry_after.as_secs())
            }
            Self::Saturated => "has no free slot".to_owned(),
            Self::NoToken(reason) => format!("was not called, for want of a token: {reason}"),
            Self::Unsendable { at } => format!("was not called: {at}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Kind {
        Kind::Refused(Box::new(Refusal {
            status,
            code: None,
            user_message: None,
            body: AnswerText::new("Alex River lives at 1 Quay Street"),
            retry_after: None,
        }))
    }

    fn error(kind: Kind) -> UpstreamError {
        UpstreamError::new(System::Delius, "start referral", kind)
    }

    #[test]
    fn a_call_is_ambiguous_or_never_sent_but_not_both() {
        let ambiguous = [
            Kind::Timeout,
            Kind::Unreachable { sent: true },
            Kind::Malformed { at: "line 1 column 2".to_owned() },
            refused(500),
            refused(502),
            refused(504),
        ];
        for kind in ambiguous {
            let error = error(kind);
            assert!(error.is_ambiguous() && !error.never_sent(), "{error}");
        }
        let timeout = UpstreamError::new(System::Auth, "service token", Kind::Timeout);
        let never_sent = [
            Kind::Unreachable { sent: false },
            Kind::CircuitOpen { retry_after: Duration::from_secs(3) },
            Kind::Saturated,
            Kind::NoToken(Box::new(timeout)),
            Kind::Unsendable { at: "empty case reference" },
        ];
        for kind in never_sent {
            let error = error(kind);
            assert!(error.never_sent() && !error.is_ambiguous(), "{error}");
        }
        for status in [400, 401, 403, 404, 409, 429, 503] {
            let error = error(refused(status));
            assert!(!error.never_sent() && !error.is_ambiguous(), "{error}");
        }
    }

    #[test]
    fn neither_debug_nor_display_shows_an_answers_text() {
        let error = error(refused(400));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("Quay"), "{shown}");
        assert!(shown.contains("delius start referral refused with status 400"), "{shown}");
        assert_eq!(error.refusal().unwrap().body.reveal(), "Alex River lives at 1 Quay Street");
    }

    #[test]
    fn answer_text_is_bounded() {
        let text = AnswerText::new(&"é".repeat(AnswerText::MAX_CHARS + 50));
        assert_eq!(text.reveal().chars().count(), AnswerText::MAX_CHARS);
    }
}
