//! The directory of users: who someone is, their e-mail address, and the groups that say for whom a provider works.
//!
//! Owns the directory's answers in both flavours (the manage-users API, and the sign-in system's own older paths).
//! It draws no conclusion from groups: that is `domain`'s. Groups are kept for a few minutes and never used past that,
//! so that someone taken out of a group is out soon.

mod wire;

use crate::auth::Service;
use crate::breaker::BreakerState;
use crate::cache::Cache;
use crate::config::{DirectoryFlavour, ManageUsersConfig};
use crate::error::UpstreamError;
use crate::http::{Answer, Credentials, Request, found};
use crate::trace::Trace;
use reqwest::StatusCode;
use runtime::Secret;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A user as any directory knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct DirectoryUser {
    /// Sign-in name, usually upper case.
    pub username: String,
    /// Whether they may sign in; absent when the directory knows only the name.
    pub active: Option<bool>,
    /// The whole display name; never split it.
    pub name: Option<String>,
    /// `auth`, `delius`, `nomis` or `azuread`.
    pub auth_source: Option<String>,
    /// The source's own id.
    pub user_id: Option<String>,
}

/// A provider's user, kept by the sign-in system itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalUser {
    /// The user's id, by which groups are looked up.
    pub user_id: String,
    /// Sign-in name.
    pub username: String,
    /// E-mail address, verified or not.
    pub email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Locked after wrong passwords.
    pub locked: bool,
    /// May sign in.
    pub enabled: bool,
    /// Has shown that the address is theirs.
    pub verified: bool,
}

impl ExternalUser {
    /// Whether a referral may be assigned to them: verified and enabled.
    pub fn can_be_assigned(&self) -> bool {
        self.verified && self.enabled
    }
}

impl fmt::Debug for DirectoryUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryUser").field("auth_source", &self.auth_source).finish_non_exhaustive()
    }
}

impl fmt::Debug for ExternalUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalUser").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// What the directory says about someone's address.
#[derive(Clone, PartialEq, Eq)]
pub enum EmailLookup {
    /// There is a verified address.
    Verified(String),
    /// There is a user, but no address that may be written to.
    NoneVerified,
    /// There is no such user.
    NoSuchUser,
}

impl fmt::Debug for EmailLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified(_) => "Verified(***)",
            Self::NoneVerified => "NoneVerified",
            Self::NoSuchUser => "NoSuchUser",
        })
    }
}

/// A group that a provider's user is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Such as `INT_SP_{provider code}` or `INT_CR_{contract reference}`.
    pub code: String,
    /// For people.
    pub name: Option<String>,
}

/// The directory.
pub struct ManageUsers {
    service: Service,
    flavour: DirectoryFlavour,
    groups: Cache<String, Option<Arc<[Group]>>>,
}

/// Five minutes: after that a user taken out of a group must have lost what it gave.
const LONGEST_GROUPS_TTL: Duration = Duration::from_mins(5);

impl ManageUsers {
    pub(crate) fn new(service: Service, config: &ManageUsersConfig) -> Self {
        let groups = Cache::new(config.groups_ttl.min(LONGEST_GROUPS_TTL));
        Self { service, flavour: config.flavour, groups }
    }

    /// The user whose token this is.
    pub async fn me(&self, trace: &Trace, user_token: &Secret) -> Result<DirectoryUser, UpstreamError> {
        let path: &[&str] = match self.flavour {
            DirectoryFlavour::ManageUsers => &["users", "me"],
            DirectoryFlavour::AuthLegacy => &["api", "user", "me"],
        };
        let answer = self.as_user(trace, user_token, Request::get("me", path)).await?;
        Ok(answer.json::<wire::User>()?.into())
    }

    /// The verified address of the user whose token this is.
    pub async fn my_email(&self, trace: &Trace, user_token: &Secret) -> Result<EmailLookup, UpstreamError> {
        let path: &[&str] = match self.flavour {
            DirectoryFlavour::ManageUsers => &["users", "me", "email"],
            DirectoryFlavour::AuthLegacy => &["api", "me", "email"],
        };
        email(self.as_user(trace, user_token, Request::get("my email", path)).await)
    }

    /// The user of this sign-in name, whatever their source.
    pub async fn user(&self, trace: &Trace, username: &str) -> Result<Option<DirectoryUser>, UpstreamError> {
        let answer = self.get(trace, "user", &["users", username], &["api", "user", username]).await;
        Ok(match found(answer)? {
            Some(answer) => Some(answer.json::<wire::User>()?.into()),
            None => None,
        })
    }

    /// The verified address of the user of this sign-in name.
    pub async fn user_email(&self, trace: &Trace, username: &str) -> Result<EmailLookup, UpstreamError> {
        email(self.get(trace, "user email", &["users", username, "email"], &["api", "user", username, "email"]).await)
    }

    /// The provider's user of this sign-in name.
    pub async fn external_user(&self, trace: &Trace, username: &str) -> Result<Option<ExternalUser>, UpstreamError> {
        let answer =
            self.get(trace, "external user", &["externalusers", username], &["api", "authuser", username]).await;
        Ok(match found(answer)? {
            Some(answer) => Some(answer.json::<wire::ExternalUser>()?.into()),
            None => None,
        })
    }

    /// The providers' users with this address; none is an empty list.
    pub async fn external_users_by_email(
        &self,
        trace: &Trace,
        email: &str,
    ) -> Result<Vec<ExternalUser>, UpstreamError> {
        let query = [("email", email)];
        let path: &[&str] = match self.flavour {
            DirectoryFlavour::ManageUsers => &["externalusers"],
            DirectoryFlavour::AuthLegacy => &["api", "authuser"],
        };
        let answer = self.service.call(trace, Request::get("external users by email", path).query(&query)).await?;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(Vec::new());
        }
        Ok(answer.json::<Vec<wire::ExternalUser>>()?.into_iter().map(Into::into).collect())
    }

    /// The groups of a provider's user, children of groups included; `None` when there is no such user.
    ///
    /// Kept for at most five minutes. While the directory is down this fails: nobody gets in by an old answer.
    pub async fn groups(&self, trace: &Trace, user_id: &str) -> Result<Option<Arc<[Group]>>, UpstreamError> {
        let key = user_id.to_owned();
        if let Some(groups) = self.groups.fresh(&key, Instant::now()) {
            return Ok(groups);
        }
        let children = [("children", "true")];
        let answer = match self.flavour {
            DirectoryFlavour::ManageUsers => {
                let path = ["externalusers", user_id, "groups"];
                self.service.call(trace, Request::get("groups", &path).query(&children)).await
            }
            DirectoryFlavour::AuthLegacy => {
                let path = ["api", "authuser", "id", user_id, "groups"];
                self.service.call(trace, Request::get("groups", &path).query(&children)).await
            }
        };
        let groups: Option<Arc<[Group]>> = match found(answer)? {
            Some(answer) => Some(answer.json::<Vec<wire::Group>>()?.into_iter().map(Into::into).collect()),
            None => None,
        };
        self.groups.keep(key, groups.clone(), Instant::now());
        Ok(groups)
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.service.breaker_state()
    }

    async fn get(
        &self,
        trace: &Trace,
        operation: &'static str,
        manage_users: &[&str],
        auth_legacy: &[&str],
    ) -> Result<Answer, UpstreamError> {
        let path = match self.flavour {
            DirectoryFlavour::ManageUsers => manage_users,
            DirectoryFlavour::AuthLegacy => auth_legacy,
        };
        self.service.call(trace, Request::get(operation, path)).await
    }

    async fn as_user(&self, trace: &Trace, user_token: &Secret, request: Request<'_>) -> Result<Answer, UpstreamError> {
        self.service.http().call(trace, Credentials::Bearer(user_token), request).await
    }
}

fn email(answer: Result<Answer, UpstreamError>) -> Result<EmailLookup, UpstreamError> {
    let Some(answer) = found(answer)? else { return Ok(EmailLookup::NoSuchUser) };
    if answer.status == StatusCode::NO_CONTENT {
        return Ok(EmailLookup::NoneVerified);
    }
    let wire::Email { email, verified } = answer.json()?;
    Ok(match email {
        Some(address) if verified => EmailLookup::Verified(address),
        _ => EmailLookup::NoneVerified,
    })
}
