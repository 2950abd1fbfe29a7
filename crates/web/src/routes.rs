//! Every address of the pages, typed: a link is made from a path here and from the ids that it takes, so no link leads
//! nowhere. The shapes are kept for good, because e-mails that were sent hold them.

use domain::effect::System;
use domain::{DiscrepancyId, EffectId, ReferralId};
use serde::Serialize;

/// A link to a page of ours; only this module makes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Href(String);

impl Href {
    /// The address, for a `Location` header.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same page with a query; names and values are encoded.
    pub(crate) fn with(&self, query: &[(&str, &str)]) -> Self {
        let path = self.0.split('?').next().unwrap_or_default();
        match serde_urlencoded::to_string(query) {
            Ok(query) if !query.is_empty() => Self(format!("{path}?{query}")),
            _ => Self(path.to_owned()),
        }
    }
}

/// The path of a page that takes no id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain(pub(crate) &'static str);

impl Plain {
    /// A link to it.
    pub(crate) fn href(self) -> Href {
        Href(self.0.to_owned())
    }
}

/// The path of a page of one referral; `{id}` is the referral's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfReferral(pub(crate) &'static str);

impl OfReferral {
    /// A link to it.
    pub(crate) fn href(self, referral: ReferralId) -> Href {
        Href(self.0.replace("{id}", &referral.to_string()))
    }
}

/// The path of one message to another system, of a referral; `{effect}` is the message's id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfEffect(pub(crate) &'static str);

impl OfEffect {
    /// A link to it.
    pub(crate) fn href(self, referral: ReferralId, effect: EffectId) -> Href {
        Href(self.0.replace("{id}", &referral.to_string()).replace("{effect}", &effect.to_string()))
    }
}

/// The path of a page about a disagreement with Delius; `{discrepancy}` is its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfDiscrepancy(pub(crate) &'static str);

impl OfDiscrepancy {
    /// A link to it.
    pub(crate) fn href(self, discrepancy: DiscrepancyId) -> Href {
        Href(self.0.replace("{discrepancy}", &discrepancy.to_string()))
    }
}

/// The path of a page about a system; `{system}` is its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfSystem(pub(crate) &'static str);

impl OfSystem {
    /// A link to it.
    pub(crate) fn href(self, system: System) -> Href {
        Href(self.0.replace("{system}", system.as_str()))
    }
}

pub(crate) const SIGN_IN: Plain = Plain("/sign-in");
pub(crate) const SIGN_IN_CALLBACK: Plain = Plain("/sign-in/callback");
pub(crate) const LOGIN: Plain = Plain("/login");
pub(crate) const LOGIN_CALLBACK: Plain = Plain("/login/callback");
pub(crate) const SIGN_OUT: Plain = Plain("/sign-out");
pub(crate) const LOGOUT: Plain = Plain("/logout");
pub(crate) const SIGNED_OUT: Plain = Plain("/sign-out/success");
pub(crate) const HEALTH: Plain = Plain("/health");
pub(crate) const LIVENESS: Plain = Plain("/health/liveness");
pub(crate) const READINESS: Plain = Plain("/health/readiness");
pub(crate) const ASSETS: Plain = Plain("/assets/{*path}");

pub(crate) const HOME: Plain = Plain("/");
pub(crate) const CRS_HOME: Plain = Plain("/crs-homepage");
pub(crate) const PP_FIND: Plain = Plain("/probation-practitioner/find");

pub(crate) const PP_DASHBOARD: Plain = Plain("/probation-practitioner/dashboard");
pub(crate) const PP_OPEN: Plain = Plain("/probation-practitioner/dashboard/open-cases");
pub(crate) const PP_UNASSIGNED: Plain = Plain("/probation-practitioner/dashboard/unassigned-cases");
pub(crate) const PP_COMPLETED: Plain = Plain("/probation-practitioner/dashboard/completed-cases");
pub(crate) const PP_CANCELLED: Plain = Plain("/probation-practitioner/dashboard/cancelled-cases");
pub(crate) const PP_DRAFTS: Plain = Plain("/probation-practitioner/dashboard/draft-cases");
pub(crate) const SP_DASHBOARD: Plain = Plain("/service-provider/dashboard");
pub(crate) const SP_MINE: Plain = Plain("/service-provider/dashboard/my-cases");
pub(crate) const SP_OPEN: Plain = Plain("/service-provider/dashboard/all-open-cases");
pub(crate) const SP_UNASSIGNED: Plain = Plain("/service-provider/dashboard/unassigned-cases");
pub(crate) const SP_COMPLETED: Plain = Plain("/service-provider/dashboard/completed-cases");
pub(crate) const SP_CANCELLED: Plain = Plain("/service-provider/dashboard/cancelled-cases");

pub(crate) const PP_PROGRESS: OfReferral = OfReferral("/probation-practitioner/referrals/{id}/progress");
pub(crate) const PP_DETAILS: OfReferral = OfReferral("/probation-practitioner/referrals/{id}/details");
pub(crate) const PP_DELIUS: OfReferral = OfReferral("/probation-practitioner/referrals/{id}/delius");
pub(crate) const PP_CHECK: OfReferral = OfReferral("/probation-practitioner/referrals/{id}/check-delius");
pub(crate) const SP_PROGRESS: OfReferral = OfReferral("/service-provider/referrals/{id}/progress");
pub(crate) const SP_DETAILS: OfReferral = OfReferral("/service-provider/referrals/{id}/details");
pub(crate) const SP_CHECK: OfReferral = OfReferral("/service-provider/referrals/{id}/check-delius");

pub(crate) const OPERATIONS: Plain = Plain("/operations");
pub(crate) const OPERATIONS_SEARCH: Plain = Plain("/operations/search");
pub(crate) const OPERATIONS_DISCREPANCIES: Plain = Plain("/operations/discrepancies");
pub(crate) const OPERATIONS_DISCREPANCY: OfDiscrepancy = OfDiscrepancy("/operations/discrepancies/{discrepancy}");
pub(crate) const OPERATIONS_REPLAY: Plain = Plain("/operations/replay");
pub(crate) const OPERATIONS_SYSTEM: OfSystem = OfSystem("/operations/systems/{system}");
pub(crate) const OPERATIONS_REFERRAL: OfReferral = OfReferral("/operations/referrals/{id}");
pub(crate) const OPERATIONS_ACCESS: OfReferral = OfReferral("/operations/referrals/{id}/access");
pub(crate) const OPERATIONS_EFFECT: OfEffect = OfEffect("/operations/referrals/{id}/messages/{effect}");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_and_replace_earlier_ones() {
        let list = PP_OPEN.href().with(&[("sort", "surname,ascending"), ("page", "2")]);
        assert_eq!(list.as_str(), "/probation-practitioner/dashboard/open-cases?sort=surname%2Cascending&page=2");
        assert_eq!(
            list.with(&[("page", "a b&c")]).as_str(),
            "/probation-practitioner/dashboard/open-cases?page=a+b%26c"
        );
        assert_eq!(list.with(&[]), PP_OPEN.href());
    }

    #[test]
    fn a_referrals_page_names_the_referral() {
        let id: ReferralId = "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().expect("an id");
        assert_eq!(
            SP_DETAILS.href(id).as_str(),
            "/service-provider/referrals/7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11/details"
        );
    }
}
