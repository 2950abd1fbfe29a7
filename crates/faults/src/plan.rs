//! A history as plain data: what people do, what goes wrong, and in which order. It can be printed, kept in a file and
//! played again; it knows nothing of how anything is done.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One history. Rounds follow each other; what stands in one round happens at the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The seed that it was made from.
    pub seed: u64,
    /// How Delius behaves and can be read.
    pub mode: Mode,
    /// The case numbers of the people referred, by number of the referral.
    pub people: Vec<String>,
    /// What happens.
    pub rounds: Vec<Vec<Step>>,
}

/// How Delius behaves and can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// How activities are read back.
    pub reader: Reader,
    /// What happens to an update of a closed activity.
    pub closed: Closed,
}

/// How activities are read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// Through the older API.
    LegacyNsi,
    /// By URN.
    Urn,
    /// Not at all.
    Inference,
}

/// What Delius makes of an update of a closed activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closed {
    /// Refuses it.
    Strict,
    /// Takes it.
    Lenient,
}

/// One thing that happens, so long after its round began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Milliseconds after the beginning of the round.
    #[serde(default)]
    pub after: u32,
    /// What.
    #[serde(flatten)]
    pub deed: Deed,
}

impl Eq for Step {}

/// When an appointment is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Two minutes ago: it has been held already.
    Earlier,
    /// In a moment.
    Soon,
    /// In so many hours.
    InHours(u8),
    /// A quarter of an hour after so many hours, so that it meets the appointment of that hour: moved so, Delius must be
    /// told which one.
    Overlapping(u8),
    /// In so many hours, when the person has another appointment in Delius.
    Clashing(u8),
}

/// What happens. `referral` is a referral's number within the history, from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "a line for each deed says what its members mean")]
pub enum Deed {
    /// The practitioner fills in a draft and sends it.
    Send { referral: usize },
    /// A user of the provider takes the referral on: `PROVIDER_1` or `PROVIDER_2`.
    Assign { referral: usize, to: u8 },
    /// The provider books the first assessment, or another time for it.
    BookAssessment { referral: usize, at: When },
    /// The provider says how it went.
    ReportAssessment { referral: usize, attended: bool },
    /// The provider submits an action plan.
    SubmitPlan { referral: usize, sessions: u32 },
    /// The provider books a session, or another time for it.
    BookSession { referral: usize, number: u32, at: When },
    /// The provider says how it went.
    ReportSession { referral: usize, number: u32, attended: bool },
    /// Somebody leaves a case note.
    Note { referral: usize, by_provider: bool },
    /// The provider writes and submits the end of service report.
    SubmitReport { referral: usize },
    /// The practitioner withdraws the referral or closes it early.
    Withdraw { referral: usize },
    /// An operator answers a held line.
    Choose { referral: usize, choice: String },

    /// A fault of the sandbox's plan.
    Fault(Fault),
    /// The sandbox's plan is cleared.
    Heal,
    /// The stand-ins' clock is set to so many seconds from now and stands still.
    Clock { seconds: i64 },
    /// The stand-ins' clock follows the machine's again.
    ClockRuns,
    /// The database server stops and starts again.
    RestartDatabase,
    /// The service is killed and started again.
    KillService,
    /// The worker is killed and started again.
    KillWorker,
    /// A second worker joins.
    SecondWorker,
    /// Our records are compared with Delius's, as they are every night.
    Compare,

    /// A person closes the activity in Delius.
    CloseActivity { referral: usize },
    /// A person opens it again.
    ReopenActivity { referral: usize },
    /// A person marks it as deleted.
    DeleteActivity { referral: usize },
    /// A person deletes it for good.
    EraseActivity { referral: usize },
    /// The sentence is terminated.
    TerminateSentence { referral: usize },
    /// The case is merged into another.
    MergeCase { referral: usize },
}

/// A fault of the sandbox's plan, as its control interface takes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// A path prefix, or `delius-events`.
    pub system: String,
    /// A path below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// An HTTP method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Its kind.
    pub fault: String,
    /// Milliseconds, or a status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
    /// How often it strikes; absent: until the plan is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

impl Fault {
    /// Whether a request may be carried out and its answer not be understood.
    pub fn loses_answers(&self) -> bool {
        matches!(self.fault.as_str(), "latency" | "malformed" | "truncate" | "drop_after_commit")
            || (self.fault == "status" && matches!(self.value, Some(500 | 502 | 504)))
            || self.fault == "reset"
    }
}

impl Deed {
    /// The referral that it is about.
    pub fn referral(&self) -> Option<usize> {
        match self {
            Self::Send { referral }
            | Self::Assign { referral, .. }
            | Self::BookAssessment { referral, .. }
            | Self::ReportAssessment { referral, .. }
            | Self::SubmitPlan { referral, .. }
            | Self::BookSession { referral, .. }
            | Self::ReportSession { referral, .. }
            | Self::Note { referral, .. }
            | Self::SubmitReport { referral }
            | Self::Withdraw { referral }
            | Self::Choose { referral, .. }
            | Self::CloseActivity { referral }
            | Self::ReopenActivity { referral }
            | Self::DeleteActivity { referral }
            | Self::EraseActivity { referral }
            | Self::TerminateSentence { referral }
            | Self::MergeCase { referral } => Some(*referral),
            Self::Fault(_)
            | Self::Heal
            | Self::Clock { .. }
            | Self::ClockRuns
            | Self::RestartDatabase
            | Self::KillService
            | Self::KillWorker
            | Self::SecondWorker
            | Self::Compare => None,
        }
    }

    /// Whether a person does it in Delius.
    pub fn is_in_delius(&self) -> bool {
        matches!(
            self,
            Self::CloseActivity { .. }
                | Self::ReopenActivity { .. }
                | Self::DeleteActivity { .. }
                | Self::EraseActivity { .. }
                | Self::TerminateSentence { .. }
                | Self::MergeCase { .. }
        )
    }

    /// Whether it is something that goes wrong rather than something that somebody wants.
    pub fn is_trouble(&self) -> bool {
        self.is_in_delius() || self.referral().is_none()
    }

    /// Whether it ends a process.
    pub fn is_kill(&self) -> bool {
        matches!(self, Self::KillService | Self::KillWorker)
    }
}

impl Plan {
    /// Every deed, in order.
    pub fn deeds(&self) -> impl Iterator<Item = &Deed> {
        self.rounds.iter().flatten().map(|step| &step.deed)
    }

    /// Whether any deed is so.
    pub fn has(&self, wanted: impl FnMut(&Deed) -> bool) -> bool {
        self.deeds().any(wanted)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &dyn fmt::Debug| format!("{value:?}");
        writeln!(
            f,
            "seed {}; activities read by {}, updates of closed ones {}; people {}",
            self.seed,
            text(&self.mode.reader),
            text(&self.mode.closed),
            self.people.join(", ")
        )?;
        for (number, round) in self.rounds.iter().enumerate() {
            for step in round {
                writeln!(f, "  {:>3}. +{:<4} {:?}", number + 1, step.after, step.deed)?;
            }
        }
        Ok(())
    }
}
