//! Shapes of the directory's answers; both flavours share them.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    username: String,
    active: Option<bool>,
    name: Option<String>,
    auth_source: Option<String>,
    /// A number for some sources in the older flavour.
    #[serde(default, deserialize_with = "text_or_number")]
    user_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExternalUser {
    user_id: String,
    username: String,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    #[serde(default)]
    locked: bool,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    verified: bool,
}

#[derive(Deserialize)]
pub(super) struct Email {
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) verified: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    group_code: String,
    group_name: Option<String>,
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(i64),
    }
    Ok(Option::<Either>::deserialize(deserializer)?.map(|either| match either {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    }))
}

impl From<User> for super::DirectoryUser {
    fn from(user: User) -> Self {
        let User { username, active, name, auth_source, user_id } = user;
        Self { username, active, name, auth_source, user_id }
    }
}

impl From<ExternalUser> for super::ExternalUser {
    fn from(user: ExternalUser) -> Self {
        let ExternalUser { user_id, username, email, first_name, last_name, locked, enabled, verified } = user;
        Self { user_id, username, email, first_name, last_name, locked, enabled, verified }
    }
}

impl From<Group> for super::Group {
    fn from(group: Group) -> Self {
        let Group { group_code, group_name } = group;
        Self { code: group_code, name: group_name }
    }
}
