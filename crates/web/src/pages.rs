//! The pages by path. One folder or file for each area; a page is its handler, its view and its samples.

pub(crate) mod draft;
pub(crate) mod health;
pub(crate) mod home;
pub(crate) mod list;
pub(crate) mod operations;
pub(crate) mod referral;
pub(crate) mod sign_in;
pub(crate) mod sign_out;

use axum::routing::{MethodRouter, get, post};

use crate::routes as r;
use crate::{Site, assets};

/// Routes for which nobody must be signed in.
pub(crate) fn open() -> Vec<(&'static str, MethodRouter<Site>)> {
    vec![
        (r::SIGN_IN.0, get(sign_in::begin)),
        (r::LOGIN.0, get(sign_in::begin)),
        (r::SIGN_IN_CALLBACK.0, get(sign_in::callback)),
        (r::LOGIN_CALLBACK.0, get(sign_in::callback)),
        (r::SIGN_OUT.0, get(sign_out::confirm).post(sign_out::sign_out)),
        (r::LOGOUT.0, get(sign_out::confirm)),
        (r::SIGNED_OUT.0, get(sign_out::signed_out)),
        (r::HEALTH.0, get(health::overall)),
        (r::LIVENESS.0, get(health::alive)),
        (r::READINESS.0, get(health::alive)),
        (r::ASSETS.0, get(assets::get)),
    ]
}

/// Routes of people who are signed in.
pub(crate) fn guarded() -> Vec<(&'static str, MethodRouter<Site>)> {
    let mut routes = vec![
        (r::HOME.0, get(home::choose)),
        (r::CRS_HOME.0, get(home::practitioner)),
        (r::PP_FIND.0, get(home::moved)),
        (r::PP_DRAFTS.0, get(draft::list)),
        (r::PP_PROGRESS.0, get(referral::progress::practitioner)),
        (r::PP_DETAILS.0, get(referral::details::practitioner)),
        (r::PP_DELIUS.0, get(referral::collection::ask).post(referral::collection::answer)),
        (r::PP_CHECK.0, post(referral::check::practitioner)),
        (r::SP_CHECK.0, post(referral::check::provider)),
        (r::SP_PROGRESS.0, get(referral::progress::provider)),
        (r::SP_DETAILS.0, get(referral::details::provider)),
        (r::OPERATIONS.0, get(operations::home::show)),
        (r::OPERATIONS_SEARCH.0, post(operations::home::search)),
        (r::OPERATIONS_DISCREPANCIES.0, get(operations::discrepancies::show)),
        (r::OPERATIONS_DISCREPANCY.0, get(operations::discrepancy::show).post(operations::discrepancy::act)),
        (r::OPERATIONS_REPLAY.0, get(operations::replay::ask).post(operations::replay::act)),
        (r::OPERATIONS_SYSTEM.0, get(operations::system::ask).post(operations::system::act)),
        (r::OPERATIONS_REFERRAL.0, get(operations::ledger::show)),
        (r::OPERATIONS_ACCESS.0, get(operations::access::ask).post(operations::access::explain)),
        (r::OPERATIONS_EFFECT.0, get(operations::effect::show).post(operations::effect::act)),
    ];
    routes.extend(list::routes());
    routes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every path that `routes` declares, read from its source, so that none can be left out here.
    fn declared() -> BTreeSet<&'static str> {
        let source = include_str!("routes.rs");
        source
            .lines()
            .filter(|line| line.starts_with("pub(crate) const "))
            .filter_map(|line| line.split('"').nth(1))
            .collect()
    }

    #[test]
    fn every_path_that_a_link_can_name_is_answered_once() {
        let answered: Vec<&str> = open().into_iter().chain(guarded()).map(|(path, _)| path).collect();
        let distinct: BTreeSet<&str> = answered.iter().copied().collect();
        assert_eq!(distinct.len(), answered.len(), "a path is answered twice");
        assert_eq!(distinct, declared());
        assert!(distinct.len() > 20, "the paths were not read");
    }
}
