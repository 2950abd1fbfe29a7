//! What Delius says about its own organisation: users, teams, offices, delivery units.
//!
//! Owns the port's shapes for these; they change rarely and hold no person under supervision.

use super::case::{Address, PersonName};
use std::fmt;

/// A code with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodedName {
    /// Code.
    pub code: String,
    /// For people.
    pub description: String,
}

/// A team of practitioners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Code, 6 characters.
    pub code: String,
    /// For people.
    pub description: String,
    /// Shared e-mail address.
    pub email: Option<String>,
    /// Shared telephone number.
    pub telephone: Option<String>,
}

/// An office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeLocation {
    /// Code, 7 characters.
    pub code: String,
    /// For people.
    pub description: String,
    /// Postal address.
    pub address: Option<Address>,
    /// Telephone number.
    pub telephone: Option<String>,
}

/// A probation delivery unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryUnit {
    /// Code.
    pub code: String,
    /// For people.
    pub description: String,
    /// The region it belongs to.
    pub region: CodedName,
}

/// A Delius user.
#[derive(Clone, PartialEq, Eq)]
pub struct UserDetails {
    /// Sign-in name.
    pub username: String,
    /// Name.
    pub name: PersonName,
    /// E-mail address.
    pub email: Option<String>,
}

impl fmt::Debug for UserDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserDetails(***)")
    }
}
