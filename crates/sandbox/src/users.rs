//! The user directory: `/manage-users`, and the same questions on sign-in's older `/auth/api`.
//!
//! Provider users (`auth`) are *external*; only they have groups. The directory also decides who may sign in, for
//! [`crate::auth`].

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cast::{self, PASSWORD, User};
use crate::refusal::Refusal;
use crate::sandbox::Sandbox;

/// May read the groups of others.
const GROUP_READERS: [&str; 2] = ["ROLE_MAINTAIN_OAUTH_USERS", "ROLE_AUTH_GROUP_MANAGER"];

/// The users, as seeded and as changed since.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Directory {
    users: Vec<User>,
}

impl Default for Directory {
    fn default() -> Self {
        Self { users: cast::users() }
    }
}

/// The outcome of a username and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Signed in, under this username.
    Admitted(String),
    /// Right, but the account is locked.
    Locked,
    /// Right, but the account is disabled.
    Disabled,
    /// No such user, or not this password.
    Unknown,
}

/// A change to one user; only what is given changes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// Whom it concerns.
    pub(crate) username: String,
    groups: Option<Vec<String>>,
    roles: Option<Vec<String>>,
    email: Option<String>,
    verified: Option<bool>,
    enabled: Option<bool>,
    locked: Option<bool>,
}

impl Directory {
    /// The user with that name, whatever its case.
    pub(crate) fn find(&self, username: &str) -> Option<&User> {
        self.users.iter().find(|user| user.username.eq_ignore_ascii_case(username))
    }

    /// Every user.
    pub(crate) fn list(&self) -> &[User] {
        &self.users
    }

    /// Roles as tokens carry them.
    pub(crate) fn authorities(user: &User) -> Vec<String> {
        user.roles.iter().map(|role| format!("ROLE_{role}")).collect()
    }

    /// Decides about a sign-in.
    pub(crate) fn admit(&self, username: &str, password: &str) -> Entry {
        match self.find(username.trim()) {
            Some(user) if password == PASSWORD => match user {
                User { locked: true, .. } => Entry::Locked,
                User { enabled: false, .. } => Entry::Disabled,
                _ => Entry::Admitted(user.username.clone()),
            },
            _ => Entry::Unknown,
        }
    }

    /// Changes a user; false when there is none of that name.
    pub(crate) fn change(&mut self, change: Change) -> bool {
        let Some(user) = self.users.iter_mut().find(|user| user.username.eq_ignore_ascii_case(&change.username)) else {
            return false;
        };
        let Change { username: _, groups, roles, email, verified, enabled, locked } = change;
        if let Some(groups) = groups {
            user.groups = groups;
        }
        if let Some(roles) = roles {
            user.roles = roles;
        }
        if let Some(email) = email {
            user.email = Some(email).filter(|email| !email.is_empty());
        }
        user.verified = verified.unwrap_or(user.verified);
        user.enabled = enabled.unwrap_or(user.enabled);
        user.locked = locked.unwrap_or(user.locked);
        true
    }

    /// Takes every contract group away from a user.
    pub(crate) fn take_contracts(&mut self, username: &str) {
        for user in self.users.iter_mut().filter(|user| user.username == username) {
            user.groups.retain(|group| !group.starts_with("INT_CR_"));
        }
    }

    fn external(&self, found: impl Fn(&User) -> bool) -> Option<&User> {
        self.users.iter().find(|user| user.auth_source == "auth" && found(user))
    }
}

/// Everything below `/manage-users`.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/users/me", get(me))
        .route("/users/me/email", get(my_email))
        .route("/users/me/roles", get(my_roles))
        .route("/users/{username}", get(user))
        .route("/users/{username}/email", get(user_email))
        .route("/externalusers", get(by_email))
        .route("/externalusers/{name}", get(external_user))
        .route("/externalusers/{name}/groups", get(groups))
        .route("/health/ping", get(ping))
        .with_state(sandbox)
}

/// The same questions under sign-in's older paths, below `/auth/api`.
pub(crate) fn old_router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/user/me", get(me))
        .route("/me/email", get(my_email))
        .route("/user/me/email", get(my_email))
        .route("/user/me/roles", get(my_roles))
        .route("/user/{username}", get(user))
        .route("/user/{username}/email", get(user_email))
        .route("/authuser", get(by_email))
        .route("/authuser/{name}", get(external_user))
        .route("/authuser/id/{name}/groups", get(groups))
        .with_state(sandbox)
}

async fn ping() -> Json<Value> {
    Json(json!({ "status": "UP" }))
}

async fn me(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Refusal> {
    let claims = sandbox.authorise_client(&headers, &[])?;
    let known = sandbox.read(|state| state.users.find(&claims.sub).map(shown));
    Ok(Json(known.unwrap_or_else(|| json!({ "username": claims.sub }))).into_response())
}

async fn my_email(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Refusal> {
    let claims = sandbox.authorise_client(&headers, &[])?;
    Ok(email_answer(&sandbox, &claims.sub, false))
}

async fn my_roles(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let claims = sandbox.authorise_client(&headers, &[])?;
    let codes = claims.authorities.iter().map(|role| role.strip_prefix("ROLE_").unwrap_or(role));
    Ok(Json(codes.map(|code| json!({ "roleCode": code })).collect()))
}

async fn user(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(username): Path<String>,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &[])?;
    Ok(match sandbox.read(|state| state.users.find(&username).map(shown)) {
        Some(found) => Json(found).into_response(),
        None => unknown(),
    })
}

#[derive(Deserialize)]
struct EmailWish {
    #[serde(default)]
    unverified: bool,
}

async fn user_email(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(username): Path<String>,
    Query(wish): Query<EmailWish>,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &[])?;
    Ok(email_answer(&sandbox, &username, wish.unverified))
}

#[derive(Deserialize)]
struct ByEmail {
    #[serde(default)]
    email: String,
}

async fn by_email(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Query(wish): Query<ByEmail>,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &[])?;
    let wanted = wish.email.trim().to_lowercase();
    let found: Vec<Value> = sandbox.read(|state| {
        let fits = |user: &&User| {
            user.auth_source == "auth" && user.email.as_deref().is_some_and(|email| email.to_lowercase() == wanted)
        };
        state.users.list().iter().filter(fits).map(shown_external).collect()
    });
    Ok(if found.is_empty() { StatusCode::NO_CONTENT.into_response() } else { Json(found).into_response() })
}

async fn external_user(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &[])?;
    let found = sandbox
        .read(|state| state.users.external(|user| user.username.eq_ignore_ascii_case(&name)).map(shown_external));
    Ok(found.map_or_else(unknown, |found| Json(found).into_response()))
}

async fn groups(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(user_id): Path<String>,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &GROUP_READERS)?;
    let found: Option<Vec<Value>> = sandbox.read(|state| {
        let user = state.users.external(|user| user.user_id == user_id)?;
        Some(user.groups.iter().map(|code| json!({ "groupCode": code, "groupName": group_name(code) })).collect())
    });
    Ok(found.map_or_else(unknown, |found| Json(found).into_response()))
}

fn email_answer(sandbox: &Sandbox, username: &str, unverified_too: bool) -> Response {
    sandbox.read(|state| match state.users.find(username) {
        None => unknown(),
        Some(user) => match &user.email {
            Some(email) if user.verified || unverified_too => {
                Json(json!({ "username": user.username, "email": email, "verified": user.verified })).into_response()
            }
            _ => StatusCode::NO_CONTENT.into_response(),
        },
    })
}

fn shown(user: &User) -> Value {
    let uuid = if user.auth_source == "auth" {
        user.user_id.clone()
    } else {
        format!("5b0e1c00-7a11-4c0d-8f00-{:0>12}", user.user_id)
    };
    json!({
        "username": user.username,
        "active": user.enabled,
        "name": user.name(),
        "authSource": user.auth_source,
        "userId": user.user_id,
        "uuid": uuid,
    })
}

fn shown_external(user: &User) -> Value {
    let mut body = json!({
        "userId": user.user_id,
        "username": user.username,
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "locked": user.locked,
        "enabled": user.enabled,
        "verified": user.verified,
        "lastLoggedIn": "2026-01-05T09:00:00",
    });
    if !user.enabled {
        body["inactiveReason"] = "Account disabled by an administrator".into();
    }
    body
}

fn group_name(code: &str) -> String {
    match code.strip_prefix("INT_SP_") {
        Some(organisation) => format!("Provider {organisation}"),
        None => format!("Contract {}", code.strip_prefix("INT_CR_").unwrap_or(code)),
    }
}

/// Not found, in a body that carries the fields of both generations of this API.
fn unknown() -> Response {
    let told = "Account for that user not found";
    let body = json!({
        "status": 404,
        "userMessage": told,
        "developerMessage": told,
        "error": "Not Found",
        "error_description": told,
        "field": "username",
    });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}
