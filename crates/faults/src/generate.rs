//! A seed becomes a history: people's lives, step by step and side by side, and what goes wrong around them.
//!
//! The same seed makes the same history, always: nothing but the seed is looked at.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::plan::{Closed, Deed, Fault, Mode, Plan, Reader, Step, When};

/// People in the community who may be referred by anybody of the cast.
const PEOPLE: [u32; 20] = [3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26, 27, 29];
/// Delius's consumer of our events.
const CONSUMER: &str = "delius-events";
const START: &str = "/probation-case/*/referrals";
const BOOKING: &str = "/probation-case/*/referrals/*/appointments";

/// The history of a seed.
pub fn plan(seed: u64) -> Plan {
    let mut rng = StdRng::seed_from_u64(seed);
    let rng = &mut rng;
    let reader =
        *[Reader::LegacyNsi, Reader::LegacyNsi, Reader::Urn, Reader::Inference].choose(rng).unwrap_or(&Reader::Urn);
    let closed = if rng.gen_bool(0.7) { Closed::Strict } else { Closed::Lenient };
    let count = rng.gen_range(2..=3);
    let mut pool = PEOPLE;
    pool.shuffle(rng);
    let people = pool.iter().take(count).map(|number| format!("X{}", 100_000 + number)).collect();
    let mut lives: Vec<VecDeque<Deed>> = (0..count).map(|referral| life(rng, referral)).collect();
    // About two histories in five have somebody act in Delius, on one referral only: what the others must not feel.
    let meddled_with = rng.gen_range(0..count);
    let mut meddled = rng.gen_bool(0.4).then(|| meddling(rng, meddled_with));
    let mut rounds = Vec::new();
    let mut sent = vec![false; count];
    while lives.iter().any(|life| !life.is_empty()) {
        let mut round = Vec::new();
        for (referral, life) in lives.iter_mut().enumerate() {
            if !rng.gen_bool(0.8) {
                continue;
            }
            if let Some(deed) = life.pop_front() {
                sent[referral] = true;
                round.push(Step { after: rng.gen_range(0..60), deed });
            }
        }
        if rng.gen_bool(0.55) {
            round.push(Step { after: rng.gen_range(0..250), deed: trouble(rng) });
        }
        if let Some((referral, deeds)) = &mut meddled
            && sent[*referral]
            && rng.gen_bool(0.25)
            && let Some(deed) = deeds.pop_front()
        {
            round.push(Step { after: rng.gen_range(0..250), deed });
        }
        if rng.gen_bool(0.15) {
            round.push(Step { after: 0, deed: Deed::Heal });
        }
        if !round.is_empty() {
            rounds.push(round);
        }
    }
    Plan { seed, mode: Mode { reader, closed }, people, rounds }
}

/// One referral's life, which may end at any point.
fn life(rng: &mut StdRng, referral: usize) -> VecDeque<Deed> {
    let mut life = VecDeque::from([Deed::Send { referral }, Deed::Assign { referral, to: rng.gen_range(1..=2) }]);
    if rng.gen_bool(0.2) {
        life.push_back(Deed::Assign { referral, to: rng.gen_range(1..=2) });
    }
    if rng.gen_bool(0.5) {
        let hours = rng.gen_range(24..72);
        let at = if rng.gen_bool(0.25) { When::Clashing(hours) } else { When::InHours(hours) };
        life.push_back(Deed::BookAssessment { referral, at });
        if rng.gen_bool(0.4) {
            let later = When::InHours(rng.gen_range(73..120));
            let at = if rng.gen_bool(0.5) { When::Overlapping(hours) } else { later };
            life.push_back(Deed::BookAssessment { referral, at });
        }
    }
    life.push_back(Deed::BookAssessment { referral, at: held(rng) });
    if rng.gen_bool(0.15) {
        life.push_back(Deed::ReportAssessment { referral, attended: false });
        life.push_back(Deed::BookAssessment { referral, at: held(rng) });
    }
    life.push_back(Deed::ReportAssessment { referral, attended: true });
    let sessions = rng.gen_range(1..=2);
    life.push_back(Deed::SubmitPlan { referral, sessions });
    for number in 1..=sessions {
        if rng.gen_bool(0.4) {
            let hours = rng.gen_range(24..72);
            let at = if rng.gen_bool(0.2) { When::Clashing(hours) } else { When::InHours(hours) };
            life.push_back(Deed::BookSession { referral, number, at });
        }
        life.push_back(Deed::BookSession { referral, number, at: held(rng) });
        if rng.gen_bool(0.2) {
            life.push_back(Deed::ReportSession { referral, number, attended: false });
            life.push_back(Deed::BookSession { referral, number, at: held(rng) });
        }
        life.push_back(Deed::ReportSession { referral, number, attended: true });
    }
    life.push_back(Deed::SubmitReport { referral });
    if rng.gen_bool(0.35) {
        let end = rng.gen_range(1..life.len());
        life.truncate(end);
        if rng.gen_bool(0.7) {
            life.push_back(Deed::Withdraw { referral });
        }
    }
    for _ in 0..rng.gen_range(0..=2) {
        let at = rng.gen_range(1..=life.len());
        life.insert(at, Deed::Note { referral, by_provider: rng.gen_bool(0.6) });
    }
    life
}

/// A time at which the appointment has been held once its feedback comes.
fn held(rng: &mut StdRng) -> When {
    if rng.gen_bool(0.75) { When::Earlier } else { When::Soon }
}

/// What somebody does in Delius about one referral, in order, and what an operator answers.
fn meddling(rng: &mut StdRng, referral: usize) -> (usize, VecDeque<Deed>) {
    let choice = |rng: &mut StdRng| {
        let words = ["without-delius", "end-referral", "reopened", "create-again", "ask-to-reopen"];
        Deed::Choose { referral, choice: (*words.choose(rng).unwrap_or(&words[0])).to_owned() }
    };
    let mut deeds = match rng.gen_range(0..7) {
        0 | 1 => VecDeque::from([Deed::CloseActivity { referral }]),
        2 => VecDeque::from([Deed::CloseActivity { referral }, Deed::ReopenActivity { referral }]),
        3 => VecDeque::from([Deed::DeleteActivity { referral }]),
        4 => VecDeque::from([Deed::EraseActivity { referral }]),
        5 => VecDeque::from([Deed::TerminateSentence { referral }]),
        _ => VecDeque::from([Deed::MergeCase { referral }]),
    };
    if rng.gen_bool(0.6) {
        deeds.push_back(choice(rng));
    }
    (referral, deeds)
}

fn trouble(rng: &mut StdRng) -> Deed {
    match rng.gen_range(0..100) {
        0..=9 => Deed::KillService,
        10..=26 => Deed::KillWorker,
        27..=32 => Deed::RestartDatabase,
        33..=38 => Deed::SecondWorker,
        39..=43 => Deed::Clock { seconds: *[-90, -20, 20, 90, 600].choose(rng).unwrap_or(&20) },
        44..=46 => Deed::ClockRuns,
        47..=51 => Deed::Compare,
        _ => Deed::Fault(fault(rng)),
    }
}

fn fault(rng: &mut StdRng) -> Fault {
    let targets: [(&str, Option<(&str, &str)>); 12] = [
        ("delius", Some(("PUT", START))),
        ("delius", Some(("PUT", START))),
        ("delius", Some(("PUT", BOOKING))),
        ("delius", Some(("PUT", BOOKING))),
        ("delius", Some(("PUT", BOOKING))),
        ("delius", None),
        ("sns", None),
        ("sns", None),
        ("notify", None),
        ("notify", None),
        (CONSUMER, None),
        ("arns", None),
    ];
    let (system, at) = *targets.choose(rng).unwrap_or(&targets[0]);
    let lasting = rng.gen_bool(0.12);
    // Twice on the way is nothing that a caller could tell or prevent: only where a repeat is promised to do no harm.
    let repeats_harmlessly = at.is_some_and(|(_, path)| path == START) || system == "sns" || system == CONSUMER;
    let (kind, value) = match rng.gen_range(0..20) {
        0..=2 => ("latency", Some(*[150, 600, 1200, 2500].choose(rng).unwrap_or(&150))),
        3..=5 => ("status", Some(*[500, 502, 503, 504, 429, 401].choose(rng).unwrap_or(&503))),
        6..=7 => ("reset", None),
        8 => ("malformed", None),
        9..=10 => ("truncate", None),
        11..=16 => ("drop_after_commit", None),
        17 if repeats_harmlessly => ("duplicate", None),
        _ => ("down", None),
    };
    let fault = if lasting { "down" } else { kind };
    Fault {
        system: system.to_owned(),
        operation: at.map(|(_, operation)| operation.to_owned()),
        method: at.map(|(method, _)| method.to_owned()),
        fault: fault.to_owned(),
        value: value.filter(|_| !lasting),
        times: (!lasting).then(|| rng.gen_range(1..=3)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_one_history_and_another_seed_another() {
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7).rounds, plan(8).rounds);
    }

    #[test]
    fn a_history_survives_being_written_down() {
        for seed in 0..50 {
            let history = plan(seed);
            let text = serde_json::to_string(&history).unwrap();
            assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), history, "{text}");
        }
    }

    #[test]
    fn every_kind_of_trouble_comes_within_a_few_seeds() {
        let all: Vec<Deed> = (0..200).flat_map(|seed| plan(seed).deeds().cloned().collect::<Vec<_>>()).collect();
        let text = format!("{all:?}");
        for wanted in [
            "KillService",
            "KillWorker",
            "RestartDatabase",
            "SecondWorker",
            "Compare",
            "Clock {",
            "ClockRuns",
            "Heal",
            "CloseActivity",
            "ReopenActivity",
            "DeleteActivity",
            "EraseActivity",
            "TerminateSentence",
            "MergeCase",
            "Choose",
            "\"latency\"",
            "\"status\"",
            "\"reset\"",
            "\"malformed\"",
            "\"truncate\"",
            "\"drop_after_commit\"",
            "\"duplicate\"",
            "\"down\"",
            "Clashing",
            "Overlapping",
            "Withdraw",
            "SubmitReport",
            "Note",
        ] {
            assert!(text.contains(wanted), "{wanted} never comes");
        }
    }

    #[test]
    fn nobody_acts_on_a_referral_before_it_was_sent() {
        for seed in 0..200 {
            let mut sent = Vec::new();
            for deed in plan(seed).deeds() {
                match deed {
                    Deed::Send { referral } => sent.push(*referral),
                    other => assert!(other.referral().is_none_or(|referral| sent.contains(&referral)), "{other:?}"),
                }
            }
        }
    }
}
