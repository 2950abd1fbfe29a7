//! The rules of the product: a referral and everything that can happen to it.
//!
//! ```
//! use domain::{ReferralId, ReferralUrn};
//!
//! let id: ReferralId = "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().unwrap();
//! assert_eq!(ReferralUrn(id).to_string(), format!("urn:hmpps:interventions-referral:{id}"));
//! ```
//!
//! Pure: no input or output, no clock, no serialisation. A change is decided by a method of [`Referral`] or
//! [`DraftReferral`], which looks and answers with [`Fact`]s or a refusal; [`Referral::apply`] takes a fact in; the
//! store writes the same facts down, and [`effect::effects_of`] says what other systems must be told about them.
//! There is no other way for a referral to change.

#[macro_use]
mod macros;

pub mod access;
pub mod accommodation;
pub mod action_plan;
pub mod amendment;
pub mod appointment;
pub mod calendar;
pub mod case_note;
pub mod catalogue;
pub mod collection;
pub mod decision;
pub mod draft;
pub mod effect;
pub mod email;
pub mod end_of_service_report;
pub mod ending;
pub mod event;
mod evolve;
pub mod fact;
pub mod feedback;
mod id;
pub mod job;
pub mod operator;
pub mod performance_report;
pub mod person;
pub mod reference;
pub mod referral;
mod transfer;
mod urn;
pub mod user;
pub mod validation;

pub use decision::Refused;
pub use draft::DraftReferral;
pub use fact::Fact;
pub use id::*;
pub use person::{Crn, NomsNumber};
pub use reference::ReferralReference;
pub use referral::Referral;
pub use urn::{AppointmentUrn, ParseUrnError, ReferralUrn};
pub use user::{AuthSource, User};
pub use validation::{ErrorCode, FieldError, FieldErrors};
