//! Named troubles, each one call away: what goes wrong at a demonstration or in a test, without spelling out its faults.
//!
//! What a person does in Delius (closing an activity, ending a sentence, merging a case) needs a case or a URN and has
//! calls of its own below `/control/delius`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bad, done, strict};
use crate::fault::{CONSUMER, Fault, Kind};
use crate::sandbox::Sandbox;

const START: &str = "/probation-case/*/referrals";
const BOOKING: &str = "/probation-case/*/referrals/*/appointments";

/// One fault of a scenario: system, method and operation, kind, value, times.
type Step = (&'static str, Option<(&'static str, &'static str)>, Kind, Option<u64>, Option<u32>);

/// What a scenario does.
enum Plot {
    /// Adds these faults to the plan.
    Faults(&'static [Step]),
    /// Clears the plan.
    NoFaults,
    /// Revokes every token of a user in the middle of a session.
    Revoke,
    /// Takes every contract away from a user in the middle of a session.
    TakeContracts,
}

/// Name, what it shows, what it does.
const SCENARIOS: [(&str, &str, Plot); 11] = [
    ("happy-path", "everything works; the plan is cleared", Plot::NoFaults),
    (
        "delius-down-at-send",
        "Delius is down when a referral is sent, until the faults are cleared",
        Plot::Faults(&[("delius", Some(("PUT", START)), Kind::Down, None, None)]),
    ),
    (
        "lost-response-at-send",
        "Delius starts the next referral and its answer is lost",
        Plot::Faults(&[("delius", Some(("PUT", START)), Kind::DropAfterCommit, None, Some(1))]),
    ),
    (
        "lost-response-at-booking",
        "Delius takes the next booking and its answer is lost",
        Plot::Faults(&[("delius", Some(("PUT", BOOKING)), Kind::DropAfterCommit, None, Some(1))]),
    ),
    (
        "slot-clash",
        "Delius refuses the next booking because the slot is taken",
        Plot::Faults(&[("delius", Some(("PUT", BOOKING)), Kind::Status, Some(409), Some(1))]),
    ),
    (
        "slow-delius",
        "every call to Delius takes longer than anybody waits",
        Plot::Faults(&[("delius", None, Kind::Latency, Some(30_000), None)]),
    ),
    (
        "risk-down",
        "the risk service answers every call with an error",
        Plot::Faults(&[("arns", None, Kind::Status, Some(503), None)]),
    ),
    ("notify-outage", "no e-mail is accepted", Plot::Faults(&[("notify", None, Kind::Down, None, None)])),
    (
        "events-out-of-order",
        "the next event reaches Delius late and after others, the one behind it twice",
        Plot::Faults(&[
            (CONSUMER, None, Kind::Latency, Some(3000), Some(1)),
            (CONSUMER, None, Kind::Duplicate, None, Some(1)),
        ]),
    ),
    ("token-revoked", "a user's tokens are revoked while they work; needs `username`", Plot::Revoke),
    ("group-removed", "a user loses every contract while they work; needs `username`", Plot::TakeContracts),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    name: String,
    username: Option<String>,
}

/// Every scenario with what it shows.
pub(super) async fn list() -> Json<Value> {
    Json(SCENARIOS.iter().map(|(name, shows, _)| json!({ "name": name, "shows": shows })).collect())
}

/// Sets a scenario up, on top of what is already planned.
pub(super) async fn set(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let Wish { name, username } = strict(&body)?;
    let (.., plot) = SCENARIOS
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(|| Bad::new(format!("unknown scenario `{name}`")))?;
    let user = || {
        let wished = username.as_deref().ok_or_else(|| Bad::new(format!("scenario `{name}` needs `username`")))?;
        let known = sandbox.read(|state| state.users.find(wished).map(|user| user.username.clone()));
        known.ok_or_else(|| Bad::new(format!("unknown username `{wished}`")))
    };
    match plot {
        Plot::NoFaults => sandbox.write(|state| state.faults.clear()),
        Plot::Faults(steps) => {
            sandbox
                .write(|state| steps.iter().try_for_each(|step| state.faults.add(fault(step))))
                .map_err(|wrong| Bad::new(wrong.to_string()))?;
        }
        Plot::Revoke => {
            let username = user()?;
            sandbox.write(|state| state.verification.revoke_user(&username));
        }
        Plot::TakeContracts => {
            let username = user()?;
            sandbox.write(|state| state.users.take_contracts(&username));
        }
    }
    sandbox.queued().notify_one();
    Ok(done())
}

fn fault((system, at, kind, value, times): &Step) -> Fault {
    Fault {
        system: (*system).to_owned(),
        operation: at.map(|(_, operation)| operation.to_owned()),
        method: at.map(|(method, _)| method.to_owned()),
        kind: *kind,
        value: *value,
        times: *times,
        probability: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Plan;

    #[test]
    fn every_planned_fault_passes_the_plan() {
        for (name, _, plot) in &SCENARIOS {
            if let Plot::Faults(steps) = plot {
                let mut plan = Plan::default();
                let added = steps.iter().try_for_each(|step| plan.add(fault(step)));
                assert_eq!(added, Ok(()), "{name}");
            }
        }
    }
}
