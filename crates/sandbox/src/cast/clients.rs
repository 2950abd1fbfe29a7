//! The clients that sign-in knows, with their grants, roles and token lifetimes.

use super::CLIENT_SECRET;

/// How a client may obtain a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// For itself, with its id and secret.
    ClientCredentials,
    /// For a user who signs in; refresh tokens included.
    AuthorisationCode,
}

/// One client.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    /// Its id.
    pub id: &'static str,
    /// Its secret.
    pub secret: &'static str,
    /// The one grant that it may use.
    pub grant: Grant,
    /// Its authorities, `ROLE_…`, on tokens for itself.
    pub authorities: &'static [&'static str],
    /// How long its access tokens are good, in seconds.
    pub access_seconds: i64,
    /// How long its refresh tokens are good, in seconds.
    pub refresh_seconds: i64,
}

const fn machine(id: &'static str, authorities: &'static [&'static str]) -> Client {
    Client {
        id,
        secret: CLIENT_SECRET,
        grant: Grant::ClientCredentials,
        authorities,
        access_seconds: 3600,
        refresh_seconds: 43_200,
    }
}

static CLIENTS: [Client; 7] = [
    machine(
        "interventions",
        &[
            "ROLE_PROBATION_API__REFER_AND_MONITOR__CASE_DETAIL__RW",
            "ROLE_PROBATION_API__REFER_AND_MONITOR__CASE_DETAIL",
            "ROLE_CRS_REFERRAL",
            "ROLE_COMMUNITY",
            "ROLE_COMMUNITY_USERS",
            "ROLE_COMMUNITY_INTERVENTIONS_UPDATE",
            "ROLE_PRISONER_SEARCH",
            "ROLE_VIEW_PRISONER_DATA",
            "ROLE_AUTH_GROUP_MANAGER",
        ],
    ),
    Client {
        id: "interventions-web",
        secret: CLIENT_SECRET,
        grant: Grant::AuthorisationCode,
        authorities: &[],
        access_seconds: 1200,
        refresh_seconds: 43_200,
    },
    machine("delius-integration", &["ROLE_INTERVENTIONS_API_READ_ALL"]),
    machine("sar", &["ROLE_SAR_DATA_ACCESS"]),
    machine("accommodation", &["ROLE_SAS_RM__REFERRAL_RO"]),
    machine("case-list", &["ROLE_INTERVENTIONS_REFER_AND_MONITOR"]),
    // Sign-in itself, when it tells the token check what it issued.
    machine("sign-in", &["ROLE_AUTH_TOKEN_VERIFICATION"]),
];

/// Every client.
pub fn clients() -> &'static [Client] {
    &CLIENTS
}

/// The client with that id.
pub fn client(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}
