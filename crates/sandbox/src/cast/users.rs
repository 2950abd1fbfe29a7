//! The users that sign-in and the user directory know: the cast, and personas who must fail to sign in or be refused.

use serde::{Deserialize, Serialize};

use super::{HARBOUR_TRUST_CONTRACTS, NORTHSTAR_CONTRACTS};

/// One user, as the directory holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the directory's own record")]
pub struct User {
    /// The name used to sign in, upper case.
    pub username: String,
    /// The stable id: a uuid for `auth`, a number otherwise.
    pub user_id: String,
    /// Where the user comes from: `auth`, `delius` or `nomis`.
    pub auth_source: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The e-mail address, if one is known.
    pub email: Option<String>,
    /// Whether the address was confirmed.
    pub verified: bool,
    /// Whether the account is in use.
    pub enabled: bool,
    /// Whether the account was locked after wrong passwords.
    pub locked: bool,
    /// Roles without `ROLE_`.
    pub roles: Vec<String>,
    /// Group codes; only `auth` users have any.
    pub groups: Vec<String>,
    /// What the picker page says about the user.
    pub note: String,
    /// Whether tokens leave out the claim `user_id`, to show what a caller does without it.
    pub lacks_user_id_claim: bool,
}

impl User {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

fn user(source: &str, username: &str, id: &str, name: (&str, &str), roles: &[&str], note: &str) -> User {
    let local = username.to_ascii_lowercase().replace('_', ".");
    let domain = match source {
        "delius" => "probation.example",
        "nomis" => "prison.example",
        _ => "provider.example",
    };
    User {
        username: username.to_owned(),
        user_id: id.to_owned(),
        auth_source: source.to_owned(),
        first_name: name.0.to_owned(),
        last_name: name.1.to_owned(),
        email: Some(format!("{local}@{domain}")),
        verified: true,
        enabled: true,
        locked: false,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        groups: Vec::new(),
        note: note.to_owned(),
        lacks_user_id_claim: false,
    }
}

fn practitioner(username: &str, id: &str, name: (&str, &str), note: &str) -> User {
    user("delius", username, id, name, &["PROBATION"], note)
}

/// A provider's user; `n` numbers its id.
fn provider(username: &str, n: u32, name: (&str, &str), note: &str, groups: &[String]) -> User {
    let id = format!("5b0e1c00-7a11-4c0d-8f00-{n:012}");
    User { groups: groups.to_vec(), ..user("auth", username, &id, name, &["CRS_PROVIDER"], note) }
}

fn groups(organisations: &[&str], contracts: &[&str]) -> Vec<String> {
    let organisations = organisations.iter().map(|code| format!("INT_SP_{code}"));
    organisations.chain(contracts.iter().map(|reference| format!("INT_CR_{reference}"))).collect()
}

/// Every user as seeded.
pub fn users() -> Vec<User> {
    let mut all = cast();
    all.extend(personas());
    all
}

fn cast() -> Vec<User> {
    let harbour = groups(&["HARBOUR_TRUST"], &HARBOUR_TRUST_CONTRACTS);
    let tideway = groups(&["TIDEWAY"], &["HT0001", "HT0002"]);
    let northstar = groups(&["NORTHSTAR"], &NORTHSTAR_CONTRACTS);
    let staff = |username: &str, n: u32, name, role: &str, note: &str| User {
        roles: vec![role.to_owned()],
        ..provider(username, n, name, note, &[])
    };
    vec![
        practitioner("PRACTITIONER_1", "2500011", ("Maya", "Thornbury"), "probation practitioner"),
        practitioner("PRACTITIONER_2", "2500012", ("Owen", "Castleford"), "probation practitioner"),
        practitioner("PRISON_PRACTITIONER", "2500013", ("Ines", "Halloway"), "probation practitioner in custody"),
        provider("PROVIDER_1", 1, ("Dev", "Marchmont"), "Harbour Trust, prime provider", &harbour),
        provider("PROVIDER_2", 2, ("Leonie", "Ashdown"), "Harbour Trust, prime provider", &harbour),
        provider("PROVIDER_3", 3, ("Callum", "Wetherby"), "Tideway, subcontractor on two contracts", &tideway),
        provider("PROVIDER_9", 9, ("Rosa", "Penhaligon"), "Northstar, another prime provider", &northstar),
        staff("EDITOR_1", 21, ("Tomas", "Eastwick"), "INTERVENTIONS_SERVICE_EDITOR", "service editor"),
        staff("READER_1", 22, ("Hanna", "Lockwood"), "INTERVENTIONS_READER", "read-only user"),
        staff("OPERATOR_1", 23, ("Kit", "Barrowby"), "INTERVENTIONS_OPERATOR", "operator of the product"),
    ]
}

/// Users who cannot sign in, or who are refused after they did.
fn personas() -> Vec<User> {
    let usual = groups(&["HARBOUR_TRUST"], &["HT0001"]);
    let refused =
        |username: &str, n: u32, name, note: &str, groups: &[String]| provider(username, n, name, note, groups);
    vec![
        User {
            email: None,
            verified: false,
            ..practitioner(
                "PRACTITIONER_NO_EMAIL",
                "2500014",
                ("Bram", "Coldstream"),
                "probation practitioner without an e-mail address",
            )
        },
        practitioner("PRACTITIONER_NO_CASES", "2500015", ("Edie", "Northcott"), "probation practitioner without cases"),
        refused(
            "PROVIDER_NO_ORGANISATION",
            31,
            ("Juno", "Fairlie"),
            "a contract, but no organisation",
            &groups(&[], &["HT0001"]),
        ),
        refused(
            "PROVIDER_NO_CONTRACT",
            32,
            ("Silas", "Redmayne"),
            "an organisation, but no contract",
            &groups(&["HARBOUR_TRUST"], &[]),
        ),
        refused(
            "PROVIDER_UNKNOWN_GROUP",
            33,
            ("Nell", "Quarrington"),
            "groups that the product does not know, beside good ones",
            &groups(&["HARBOUR_TRUST", "NOWHERE"], &["HT0001", "ZZ9999"]),
        ),
        refused(
            "PROVIDER_MISMATCH",
            34,
            ("Abel", "Stanhope"),
            "a contract of another organisation",
            &groups(&["HARBOUR_TRUST"], &["NS0001"]),
        ),
        User { locked: true, ..refused("PROVIDER_LOCKED", 35, ("Greta", "Monkton"), "locked account", &usual) },
        User { enabled: false, ..refused("PROVIDER_DISABLED", 36, ("Ivo", "Larkham"), "disabled account", &usual) },
        User {
            verified: false,
            ..refused("PROVIDER_UNVERIFIED", 37, ("Wren", "Otterburn"), "e-mail address not verified", &usual)
        },
        User {
            lacks_user_id_claim: true,
            ..refused("PROVIDER_MISSING_CLAIM", 38, ("Piers", "Dunmore"), "token without the claim user_id", &usual)
        },
        user("nomis", "NOMIS_USER", "485001", ("Alma", "Brackenridge"), &["PRISON"], "prison user, refused"),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn usernames_and_ids_are_each_used_once() {
        let all = users();
        let names: BTreeSet<_> = all.iter().map(|user| &user.username).collect();
        let ids: BTreeSet<_> = all.iter().map(|user| (&user.auth_source, &user.user_id)).collect();
        assert_eq!(names.len(), all.len());
        assert_eq!(ids.len(), all.len());
        for user in all.iter().filter(|user| user.auth_source == "auth") {
            assert!(uuid::Uuid::parse_str(&user.user_id).is_ok(), "{} has no uuid", user.username);
        }
    }
}
