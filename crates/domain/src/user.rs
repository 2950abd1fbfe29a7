//! Who acts.

use std::fmt;

/// Where a user signs in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthSource {
    /// Probation staff.
    Delius,
    /// Provider staff and other external users.
    Auth,
    /// This service itself, acting of its own accord.
    Service,
    /// Anything else, such as prison staff; refused wherever a user type is required.
    Other(String),
}

impl AuthSource {
    /// The spelling in tokens and in the database.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Delius => "delius",
            Self::Auth => "auth",
            Self::Service => "urn:hmpps:interventions",
            Self::Other(text) => text,
        }
    }

    /// Reads the spelling in tokens and in the database.
    pub fn from_text(text: &str) -> Self {
        match text {
            "delius" => Self::Delius,
            "auth" => Self::Auth,
            "urn:hmpps:interventions" => Self::Service,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A person (or this service) that did something. Two users are the same when source and id match.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct User {
    /// The sign-in service's id; opaque, not always a UUID.
    pub id: String,
    /// Where the user signs in.
    pub source: AuthSource,
    /// The name they sign in with; may be renamed.
    pub username: String,
}

impl User {
    /// This service itself: approves submitted plans and concludes referrals.
    pub fn service() -> Self {
        Self {
            id: uuid::Uuid::nil().to_string(),
            source: AuthSource::Service,
            username: "hmpps-interventions-service".to_owned(),
        }
    }

    /// Whether this is the same person, whatever id the sign-in service gave them: by source and username.
    pub fn is_same_person(&self, other: &User) -> bool {
        self.source == other.source && (self.id == other.id || self.username == other.username)
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({} {})", self.source.as_str(), self.id)
    }
}
