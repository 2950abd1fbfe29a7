//! Compares what is true here with what a reader sees in Delius. By URN, never by type, date or sentence.
//!
//! Everything is reported, but only what can be known: a reader that cannot see activities reports none missing, an
//! outcome code that nobody knows is no mismatch, and what Delius may not have heard of yet is given time.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Unit};

use super::{DiscrepancyKind, EVIDENCE_SENTENCE, Finding};
use crate::appointment::{Appointment, Booking};
use crate::calendar::day_of;
use crate::ending::ConcludedState;
use crate::feedback::{Attended, Feedback, NoSessionReason};
use crate::{AppointmentId, AppointmentUrn, Referral, ReferralUrn};

/// The status of an activity that is in progress.
const IN_PROGRESS: &str = "INPROG";
/// The status of an activity that is completed.
const COMPLETED: &str = "COMP";
/// The outcome, in evidence, of an appointment that has none.
pub(super) const NO_OUTCOME: &str = "none";
/// The outcomes that our own ends have. Delius may know others.
const ENDED_BY_US: [&str; 3] = ["CRS01", "CRS02", "CRS03"];
/// What every URN of a referral contains, damaged or not.
const OF_A_REFERRAL: &str = "interventions-referral";

/// What is known of the referral's sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentenceSeen {
    /// Active.
    Active,
    /// Terminated.
    Ended,
    /// Not there any more.
    Missing,
    /// Nobody asked.
    Unknown,
}

impl SentenceSeen {
    /// In a word, for evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => super::SENTENCE_ENDED,
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// What a reader saw about one referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether Delius knows the person by the case number.
    pub person_is_known: bool,
    /// The referral's sentence.
    pub sentence: SentenceSeen,
    /// The activities that carry a reference like ours; none: this reader cannot see activities.
    pub containers: Option<Vec<Container>>,
    /// How many calls it took.
    pub calls: u32,
}

/// An activity as a reader saw it. It has no id: it is known by its reference alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The reference that it carries, as it stands there.
    pub urn: String,
    /// Type code.
    pub kind: String,
    /// Status code.
    pub status: String,
    /// Outcome code.
    pub outcome: Option<String>,
    /// The sentence that it hangs on.
    pub sentence: Option<i64>,
    /// When it began.
    pub started_on: Option<Date>,
    /// When it ended.
    pub ended_on: Option<Date>,
    /// As Delius has it: without an end.
    pub active: bool,
    /// Deleted, though still there to be seen.
    pub deleted: bool,
    /// Its appointments; none: this reader does not see them.
    pub appointments: Option<Vec<SeenAppointment>>,
}

/// An appointment as a reader saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAppointment {
    /// The reference that it carries.
    pub urn: String,
    /// Outcome code.
    pub outcome: Option<String>,
    /// Deleted, though still there to be seen.
    pub deleted: bool,
}

impl Container {
    /// Completed, or ended, or inactive.
    pub fn is_closed(&self) -> bool {
        self.status == COMPLETED || self.ended_on.is_some() || !self.active
    }

    /// In progress by its status and ended all the same.
    pub fn is_half_reopened(&self) -> bool {
        self.status == IN_PROGRESS && (self.ended_on.is_some() || self.outcome.is_some() || !self.active)
    }

    fn describe(&self, finding: Finding) -> Finding {
        let mut finding = finding.with("status", &self.status);
        if let Some(outcome) = &self.outcome {
            finding = finding.with("outcome", outcome);
        }
        if let Some(ended) = self.ended_on {
            finding = finding.with("endedOn", ended);
        }
        finding
    }
}

/// What Delius was told of a referral, as the ledger has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Whether the start was confirmed, or is known otherwise to have been made.
    pub started: bool,
    /// When the start was first confirmed by Delius itself; none where it never was, or where somebody went on without.
    pub confirmed_at: Option<Timestamp>,
    /// When the end was last announced.
    pub ended_at: Option<Timestamp>,
    /// How it ended, by that announcement.
    pub ended_as: Option<ConcludedState>,
    /// How it ended, where the announcement went out and no answer came: Delius may have heard it.
    pub perhaps_ended: Option<ConcludedState>,
    /// When Delius was last told anything.
    pub last_at: Option<Timestamp>,
    /// The type that its activity is to have, by the referral's contract; none where nobody knows.
    pub activity_type: Option<String>,
    /// Appointments that went through the older API, which gives them no reference of ours: not to be seen by it, and
    /// yet not missing.
    pub unmarked: BTreeSet<AppointmentId>,
}

/// When a comparison is made and how long Delius is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glass {
    /// Now.
    pub now: Timestamp,
    /// How long after a thing happened its want is no discrepancy. A day, unless somebody asks for less.
    pub grace: SignedDuration,
}

/// How long after Delius confirmed a thing its want is no discrepancy: the reading may have begun a little earlier.
const CONFIRMED: SignedDuration = SignedDuration::from_mins(1);

impl Glass {
    fn is_over(&self, since: Timestamp) -> bool {
        self.now.duration_since(since) > self.grace
    }

    /// The same for what Delius itself confirmed: it had it, so there is nothing to wait for.
    fn is_gone(&self, confirmed: Timestamp) -> bool {
        self.now.duration_since(confirmed) > self.grace.min(CONFIRMED)
    }
}

/// Every discrepancy between a referral and what was seen of it.
pub fn compare(referral: &Referral, told: &Told, seen: &Reading, glass: &Glass) -> Vec<Finding> {
    let with_sentence = |finding: Finding| match seen.sentence {
        SentenceSeen::Unknown => finding,
        sentence => finding.with(EVIDENCE_SENTENCE, sentence.as_str()),
    };
    if !seen.person_is_known {
        return vec![Finding::new(DiscrepancyKind::PersonMismatch).with("caseNumber", "not known")];
    }
    let Some(containers) = &seen.containers else {
        let lost = matches!(seen.sentence, SentenceSeen::Ended | SentenceSeen::Missing) && !referral.is_concluded();
        return lost.then(|| with_sentence(Finding::new(DiscrepancyKind::EventMismatch))).into_iter().collect();
    };
    let urn = ReferralUrn(referral.id).to_string();
    let ours: Vec<&Container> = containers.iter().filter(|container| container.urn == urn).collect();
    let live: Vec<&Container> = ours.iter().copied().filter(|container| !container.deleted).collect();
    match live.as_slice() {
        [container] => found(referral, told, container, glass).into_iter().map(with_sentence).collect(),
        // It heard of the end, and whatever became of its activity since is its own affair.
        [] if referral.is_concluded() && told.ended_at.is_some() => Vec::new(),
        [] if !ours.is_empty() => {
            let deleted = ours.iter().max_by_key(|container| container.started_on);
            let finding = Finding::new(DiscrepancyKind::SoftDeleted);
            deleted.map(|container| with_sentence(container.describe(finding))).into_iter().collect()
        }
        [] if told.confirmed_at.is_some_and(|at| glass.is_gone(at))
            || told.last_at.is_some_and(|at| glass.is_over(at))
            || glass.is_over(referral.sent_at) =>
        {
            let started = if told.started { "confirmed" } else { "not confirmed" };
            vec![with_sentence(Finding::new(DiscrepancyKind::Missing).with("start", started))]
        }
        [] => Vec::new(),
        several => vec![with_sentence(Finding::new(DiscrepancyKind::Duplicate).with("activities", several.len()))],
    }
}

/// References on activities that look like ours and are not this referral's: orphans, if they name no referral at all,
/// and damaged ones.
pub fn strays(referral: &Referral, seen: &Reading) -> Vec<(String, Option<ReferralUrn>)> {
    let own = ReferralUrn(referral.id).to_string();
    let strays = seen.containers.iter().flatten().filter(|container| {
        !container.deleted && container.urn != own && container.urn.to_lowercase().contains(OF_A_REFERRAL)
    });
    strays.map(|container| (container.urn.clone(), container.urn.parse().ok())).collect()
}

fn found(referral: &Referral, told: &Told, container: &Container, glass: &Glass) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |kind| findings.push(container.describe(Finding::new(kind)));
    // What our own announcement closed is closed as it should be; one without an answer is known by its outcome.
    let is_ours = |state| container.outcome.as_deref() == Some(outcome_of_end(state));
    let by_somebody = told.ended_at.is_none() && !told.perhaps_ended.is_some_and(is_ours);
    if container.is_half_reopened() {
        if by_somebody || !referral.is_concluded() {
            add(DiscrepancyKind::HalfReopened);
        }
    } else if container.is_closed() && by_somebody {
        add(DiscrepancyKind::ClosedEarly);
    } else if let Some(conclusion) = referral.conclusion {
        let since = told.ended_at.unwrap_or(conclusion.at).max(conclusion.at);
        if !container.is_closed() && glass.is_over(since) {
            add(DiscrepancyKind::StillOpen);
        }
        let expected = conclusion.state.map(outcome_of_end);
        let differs =
            |outcome: &str| ENDED_BY_US.contains(&outcome) && expected.is_some_and(|expected| expected != outcome);
        if container.is_closed() && container.outcome.as_deref().is_some_and(differs) {
            add(DiscrepancyKind::OutcomeMismatch);
        }
    }
    // A type outside the eight is the general one that makes types meaningless; then there is nothing to compare.
    let is_typed = container.kind.starts_with("CRS0");
    if let Some(expected) = told.activity_type.as_ref().filter(|expected| is_typed && **expected != container.kind) {
        findings
            .push(Finding::new(DiscrepancyKind::TypeMismatch).with("type", &container.kind).with("expected", expected));
    }
    let ours = referral.sentence.id;
    if let Some(theirs) = container.sentence.filter(|sentence| *sentence != ours) {
        let finding = Finding::new(DiscrepancyKind::EventMismatch);
        findings.push(finding.with("sentenceId", theirs).with("sentenceIdExpected", ours));
    }
    findings.extend(dates(referral, told, container));
    if let Some(seen) = &container.appointments {
        let marked = referral.appointments().filter(|(_, ours)| !told.unmarked.contains(&ours.id));
        findings.extend(marked.filter_map(|(_, ours)| compare_appointment(ours, seen, glass)));
    }
    findings
}

/// Whether a person changed how an activity ended after we had announced an end: another announcement would overwrite
/// that.
pub fn is_changed_since_end(referral: &Referral, told: &Told, seen: &Reading) -> bool {
    let Some(state) = told.ended_as else { return false };
    let urn = ReferralUrn(referral.id).to_string();
    let is_other = |outcome: &str| ENDED_BY_US.contains(&outcome) && outcome != outcome_of_end(state);
    let is_ours = |day: Date| ends(referral).any(|ours| !far(day, ours));
    seen.containers.iter().flatten().filter(|container| container.urn == urn && !container.deleted).any(|container| {
        container.is_closed()
            && (container.outcome.as_deref().is_some_and(is_other)
                || container.ended_on.is_some_and(|day| !is_ours(day)))
    })
}

/// The days that may stand as the end: it is announced when it is requested and again when the referral is concluded.
fn ends(referral: &Referral) -> impl Iterator<Item = Date> {
    let requested = referral.end_request.as_ref().map(|request| request.at);
    let concluded = referral.conclusion.map(|conclusion| conclusion.at);
    requested.into_iter().chain(concluded).map(day_of)
}

/// More than a day apart.
fn far(one: Date, other: Date) -> bool {
    one.until((Unit::Day, other)).is_ok_and(|span| span.get_days().abs() > 1)
}

fn dates(referral: &Referral, told: &Told, container: &Container) -> Option<Finding> {
    let mut finding = None;
    let mut differs = |name: &str, theirs: Date, ours: Date| {
        let so_far = finding.take().unwrap_or_else(|| Finding::new(DiscrepancyKind::DateMismatch));
        finding = Some(so_far.with(name, theirs).with(&format!("{name}Expected"), ours));
    };
    let sent = day_of(referral.sent_at);
    if let Some(started) = container.started_on.filter(|started| far(*started, sent)) {
        differs("startedOn", started, sent);
    }
    if let (Some(ended), Some(conclusion), Some(_)) = (container.ended_on, referral.conclusion, told.ended_at)
        && ends(referral).all(|ours| far(ended, ours))
    {
        differs("endedOn", ended, day_of(conclusion.at));
    }
    finding
}

fn compare_appointment(ours: &Appointment, seen: &[SeenAppointment], glass: &Glass) -> Option<Finding> {
    let confirmed = matches!(ours.booking, Booking::Confirmed(_)) && ours.superseded_by.is_none() && !ours.stale;
    if !confirmed {
        return None;
    }
    let urn = AppointmentUrn(ours.id).to_string();
    let about = |kind| Finding { appointment: Some(ours.id), ..Finding::new(kind) };
    let Some(theirs) = seen.iter().find(|candidate| !candidate.deleted && candidate.urn == urn) else {
        return glass.is_gone(ours.created_at).then(|| about(DiscrepancyKind::AppointmentMissing));
    };
    let submitted = ours.feedback.submitted.as_ref()?;
    let expected = outcome_of_feedback(&ours.feedback)?;
    let theirs = theirs.outcome.as_deref();
    (theirs != Some(expected) && glass.is_over(submitted.at)).then(|| {
        about(DiscrepancyKind::AppointmentOutcomeMismatch)
            .with("outcome", theirs.unwrap_or(NO_OUTCOME))
            .with("expected", expected)
    })
}

/// The outcome code that Delius gives to an activity that ended so.
pub fn outcome_of_end(state: ConcludedState) -> &'static str {
    match state {
        ConcludedState::Cancelled => "CRS01",
        ConcludedState::PrematurelyEnded => "CRS02",
        ConcludedState::Completed => "CRS03",
    }
}

/// The outcome code that Delius gives to an appointment with this feedback; none where it has no rule.
fn outcome_of_feedback(feedback: &Feedback) -> Option<&'static str> {
    let attendance = feedback.attendance.as_ref()?;
    let session = feedback.session.as_ref().map(|(session, _)| session);
    let behaviour = session.and_then(|session| session.notify_of_behaviour) == Some(true);
    match (attendance.did_session_happen, attendance.attended) {
        (Some(true), _) => Some(if behaviour { "AFTC" } else { "ATTC" }),
        (_, Attended::No) => Some("AFTA"),
        (_, Attended::Yes | Attended::Late) => match session?.no_session_reason? {
            NoSessionReason::PopUnacceptable => Some("AFTC"),
            NoSessionReason::PopAcceptable => Some("APPK"),
            NoSessionReason::Logistics => Some("ATSS"),
        },
    }
}

/// Every activity type, for readers that must name them.
pub const ACTIVITY_TYPES: [&str; 8] = ["CRS01", "CRS02", "CRS03", "CRS04", "CRS05", "CRS06", "CRS07", "CRS08"];

/// Whether an appointment may be booked again: it is current, and still to come or reported on.
pub fn may_be_booked_again(appointment: &Appointment, now: Timestamp) -> bool {
    let is_current = appointment.superseded_by.is_none() && !appointment.stale;
    let is_ours = matches!(appointment.booking, Booking::Confirmed(_) | Booking::Unconfirmed);
    is_current && is_ours && (appointment.time > now || appointment.feedback.submitted.is_some())
}
