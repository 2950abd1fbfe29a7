//! Small shapes that several nouns share: users, people, providers. Date-times and dates are jiff's own forms, which are
//! the contract's: UTC with `Z`, seconds always, the fraction only as long as it must be.

use domain::catalogue::Provider;
use domain::person::PersonDetails;
use domain::{AuthSource, Crn, User};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::body::{Members, Object};

/// A person, or this service itself, that did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthUser {
    username: String,
    auth_source: String,
    user_id: String,
}

impl From<&User> for AuthUser {
    fn from(user: &User) -> Self {
        let User { id, source, username } = user;
        Self { username: username.clone(), auth_source: source.as_str().to_owned(), user_id: id.clone() }
    }
}

impl Object for AuthUser {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (username, auth_source) = (members.required("username"), members.required("authSource"));
        let user_id = members.required("userId");
        Some(Self { username: username?, auth_source: auth_source?, user_id: user_id? })
    }
}

impl From<AuthUser> for User {
    fn from(user: AuthUser) -> Self {
        let AuthUser { username, auth_source, user_id } = user;
        Self { id: user_id, source: AuthSource::from_text(&auth_source), username }
    }
}

/// The person on probation, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceUser {
    crn: String,
    title: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    date_of_birth: Option<Date>,
    gender: Option<String>,
    ethnicity: Option<String>,
    preferred_language: Option<String>,
    religion_or_belief: Option<String>,
    disabilities: Option<Vec<String>>,
}

impl ServiceUser {
    /// Everything that is known of the person.
    pub(crate) fn new(crn: &Crn, person: &PersonDetails) -> Self {
        let PersonDetails {
            title,
            first_name,
            last_name,
            date_of_birth,
            gender,
            ethnicity,
            preferred_language,
            religion_or_belief,
            disabilities,
        } = person.clone();
        Self {
            crn: crn.as_str().to_owned(),
            title,
            first_name,
            last_name,
            date_of_birth,
            gender,
            ethnicity,
            preferred_language,
            religion_or_belief,
            disabilities,
        }
    }

    /// The number and the names only; every other member is null.
    pub(crate) fn named(crn: &Crn, first_name: Option<String>, last_name: Option<String>) -> Self {
        Self::new(crn, &PersonDetails { first_name, last_name, ..PersonDetails::default() })
    }
}

/// The person on probation, as sent: the number and what replaces all that is held.
pub(crate) struct ServiceUserUpdate(pub(crate) Crn, pub(crate) PersonDetails);

impl Object for ServiceUserUpdate {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let crn: Option<String> = members.required("crn");
        let person = PersonDetails {
            title: members.optional("title"),
            first_name: members.optional("firstName"),
            last_name: members.optional("lastName"),
            date_of_birth: members.optional("dateOfBirth"),
            gender: members.optional("gender"),
            ethnicity: members.optional("ethnicity"),
            preferred_language: members.optional("preferredLanguage"),
            religion_or_belief: members.optional("religionOrBelief"),
            disabilities: members.optional("disabilities"),
        };
        Some(Self(Crn(crn?), person))
    }
}

/// An organisation that delivers interventions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ServiceProvider {
    name: String,
    id: String,
}

impl From<&Provider> for ServiceProvider {
    fn from(provider: &Provider) -> Self {
        let Provider { id, name } = provider.clone();
        Self { name, id }
    }
}
