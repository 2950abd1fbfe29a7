//! The fictional world that every stand-in starts from: users, clients, cases and who manages them.
//!
//! Everybody here is invented. Case reference numbers are taken from a range kept for tests: `X100001`–`X100040` are the
//! forty people of the cast, `X200001`–`X200010` are further people who each show one awkward fact. All of it is fixed,
//! so that a script may name a person and a test may count on a fact.

mod cases;
mod clients;
mod officers;
mod people;
mod users;

pub use self::cases::{Case, Limit, Release, Sentence, Setting, case, cases};
pub use self::clients::{Client, Grant, client, clients};
pub use self::officers::{Officer, officer, officers};
pub use self::users::{User, users};

/// The password of every user.
pub const PASSWORD: &str = "password123456";
/// The secret of every client.
pub const CLIENT_SECRET: &str = "clientsecret";
/// The prime provider whose staff are `PROVIDER_1` and `PROVIDER_2`.
pub const HARBOUR_TRUST: &str = "HARBOUR_TRUST";
/// The subcontractor whose staff is `PROVIDER_3`.
pub const TIDEWAY: &str = "TIDEWAY";
/// The other prime provider, whose staff is `PROVIDER_9`.
pub const NORTHSTAR: &str = "NORTHSTAR";
/// The contracts of Harbour Trust.
pub const HARBOUR_TRUST_CONTRACTS: [&str; 8] =
    ["HT0001", "HT0002", "HT0003", "HT0004", "HT0005", "HT0006", "HT0007", "HT0008"];
/// The contracts of Northstar.
pub const NORTHSTAR_CONTRACTS: [&str; 4] = ["NS0001", "NS0002", "NS0003", "NS0004"];
