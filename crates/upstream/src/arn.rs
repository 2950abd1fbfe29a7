//! Risk of serious harm: what the assessment system knows, and the redacted text that a provider may see
//! (assess-risks-and-needs).
//!
//! Owns the read of risks, and the hand-over of redacted risk under our referral's id. Every call carries the signed-in
//! user's own token, since roles and limited access decide what is shown. Nothing here is cached, and `Debug` shows no
//! text. The hand-over is stored once and for ever: a second one is answered with the record that is there.

mod wire;

use crate::breaker::{BreakerConfig, BreakerState};
use crate::config::Endpoint;
use crate::error::{AnswerText, Kind, System, UpstreamError};
use crate::http::{Credentials, Http, Request, found};
use crate::trace::Trace;
use domain::{AuthSource, Crn, ReferralId, SupplementaryRiskId};
use jiff::Timestamp;
use jiff::civil::DateTime;
use reqwest::{Method, StatusCode};
use runtime::Secret;
use std::collections::BTreeMap;
use std::fmt;

/// What the assessment system says about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RiskAnswer {
    /// The latest assessment, every part of which is empty when there is none in the last 55 weeks.
    Known(Box<Risks>),
    /// The probation record does not know the person.
    UnknownPerson,
    /// The user may not see this person's risk, or has no role for it.
    NotAllowed {
        /// What the system wants the user to read.
        message: Option<AnswerText>,
    },
}

/// A risk assessment.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Risks {
    /// Risks to the person.
    pub to_self: RiskToSelf,
    /// Risks in custody and of breaking trust.
    pub other: OtherRisks,
    /// Risk to others, in summary.
    pub summary: RiskSummary,
    /// When assessed, in local time without zone.
    pub assessed_on: Option<DateTime>,
}

impl Risks {
    /// Whether there is no assessment to show.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Risks to the person.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RiskToSelf {
    /// Suicide.
    pub suicide: Option<RiskAssessment>,
    /// Self-harm.
    pub self_harm: Option<RiskAssessment>,
    /// Coping in custody.
    pub custody: Option<RiskAssessment>,
    /// Coping in a hostel.
    pub hostel_setting: Option<RiskAssessment>,
    /// Vulnerability.
    pub vulnerability: Option<RiskAssessment>,
}

/// One question's answers. The three answers are `YES`, `NO`, `DK` or `NA`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RiskAssessment {
    /// Is there a risk.
    pub risk: Option<String>,
    /// Was there one before.
    pub previous: Option<String>,
    /// Earlier concerns in words.
    pub previous_concerns: Option<String>,
    /// Is there one now.
    pub current: Option<String>,
    /// Present concerns in words.
    pub current_concerns: Option<String>,
}

/// Further risks, each answered `YES`, `NO`, `DK` or `NA`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct OtherRisks {
    /// Escape or absconding.
    pub escape_or_abscond: Option<String>,
    /// Control and disruptive behaviour.
    pub control_issues: Option<String>,
    /// Breach of trust.
    pub breach_of_trust: Option<String>,
    /// Risk to other prisoners.
    pub risk_to_other_prisoners: Option<String>,
}

/// Risk to others.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RiskSummary {
    /// Who is at risk.
    pub who_is_at_risk: Option<String>,
    /// What the risk is.
    pub nature_of_risk: Option<String>,
    /// How soon.
    pub risk_imminence: Option<String>,
    /// What makes it greater.
    pub risk_increase_factors: Option<String>,
    /// What makes it smaller.
    pub risk_mitigation_factors: Option<String>,
    /// Analysis.
    pub analysis_of_risk_factors: Option<String>,
    /// Groups at risk in the community, by level (`VERY_HIGH`, `HIGH`, `MEDIUM`, `LOW`).
    pub risk_in_community: BTreeMap<String, Vec<String>>,
    /// Groups at risk in custody, by level.
    pub risk_in_custody: BTreeMap<String, Vec<String>>,
    /// The overall level.
    pub overall_risk_level: Option<String>,
}

/// Redacted risk to be handed over for a referral.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSupplementaryRisk {
    /// Our referral, under which it is stored.
    pub referral_id: ReferralId,
    /// Case reference.
    pub crn: Crn,
    /// Where the user who wrote it signs in; the risk system knows `delius`, `auth` and `nomis`.
    pub created_by_source: AuthSource,
    /// When it was last changed; sent in UTC to the microsecond, so that it comes back equal.
    pub created_at: Timestamp,
    /// The text.
    pub text: RiskText,
}

/// The text of a hand-over.
#[derive(Clone, PartialEq, Eq)]
pub struct RiskText {
    /// The seven redacted answers, where the practitioner edited an assessment.
    pub redacted: Option<RedactedRisk>,
    /// Further information; may be empty.
    pub comments: String,
}

impl RiskText {
    /// Whether both say the same: absent and empty answers are equal.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let answers = |text: &Self| text.redacted.clone().unwrap_or_default();
        self.comments == other.comments && answers(self) == answers(other)
    }
}

/// Redacted answers; one that is absent is empty text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RedactedRisk {
    /// Who is at risk.
    pub who: String,
    /// When.
    pub when: String,
    /// What the risk is.
    pub nature: String,
    /// Concerns about self-harm.
    pub self_harm: String,
    /// Concerns about suicide.
    pub suicide: String,
    /// Concerns about living in a hostel.
    pub hostel: String,
    /// Concerns about vulnerability.
    pub vulnerability: String,
}

/// A hand-over that is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SupplementaryRisk {
    /// Its id, all that we keep of it.
    pub id: SupplementaryRiskId,
    /// What it was stored under: our referral's id as text.
    pub source_id: String,
    /// Case reference.
    pub crn: Crn,
    /// When it was created, in local time without zone.
    pub created_on: Option<DateTime>,
    /// The text.
    pub text: RiskText,
}

/// What became of a hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOver {
    /// It is stored.
    Stored {
        /// Its id.
        id: SupplementaryRiskId,
    },
    /// There was one for this referral already, which may or may not say the same.
    AlreadyStored(Box<SupplementaryRisk>),
}

/// Types with risk text print only their name.
macro_rules! masked {
    ($($type:ident),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(***)"))
            }
        }
    )*};
}

masked!(
    Risks,
    RiskToSelf,
    RiskAssessment,
    OtherRisks,
    RiskSummary,
    NewSupplementaryRisk,
    RiskText,
    RedactedRisk,
    SupplementaryRisk
);

/// The risk system.
pub struct Arn {
    http: Http,
}

impl Arn {
    pub(crate) fn new(endpoint: Endpoint, breaker: BreakerConfig) -> Result<Self, reqwest::Error> {
        Ok(Self { http: Http::new(System::Arn, endpoint, breaker)? })
    }

    /// The person's risks as the user may see them.
    pub async fn risks(&self, trace: &Trace, user_token: &Secret, crn: &Crn) -> Result<RiskAnswer, UpstreamError> {
        let path = ["risks", "crn", crn.as_str()];
        let request = Request::get("risks", &path);
        match self.http.call(trace, Credentials::Bearer(user_token), request).await {
            Ok(answer) => Ok(RiskAnswer::Known(Box::new(answer.json::<wire::Risks>()?.into()))),
            Err(error) => match &error.kind {
                Kind::Refused(refusal) if refusal.status == 404 => Ok(RiskAnswer::UnknownPerson),
                Kind::Refused(refusal) if refusal.status == 403 => {
                    Ok(RiskAnswer::NotAllowed { message: refusal.user_message.clone() })
                }
                _ => Err(error),
            },
        }
    }

    /// Hands redacted risk over. Safe to repeat: the record under a referral's id is unique for ever.
    pub async fn hand_over(
        &self,
        trace: &Trace,
        user_token: &Secret,
        risk: &NewSupplementaryRisk,
    ) -> Result<HandOver, UpstreamError> {
        let body = wire::NewSupplementaryRisk::from(risk);
        let request = Request::write("hand over risk", Method::POST, &["risks", "supplementary"])
            .json(&body)
            .also(StatusCode::CONFLICT);
        let answer = self.http.call(trace, Credentials::Bearer(user_token), request).await?;
        let stored: wire::SupplementaryRisk = answer.json()?;
        if answer.status == StatusCode::CONFLICT {
            return Ok(HandOver::AlreadyStored(Box::new(stored.into())));
        }
        Ok(HandOver::Stored { id: stored.id() })
    }

    /// A stored hand-over as the user may see it; `None` when there is none of this id.
    pub async fn supplementary_risk(
        &self,
        trace: &Trace,
        user_token: &Secret,
        id: SupplementaryRiskId,
    ) -> Result<Option<SupplementaryRisk>, UpstreamError> {
        let id = id.to_string();
        let path = ["risks", "supplementary", &id];
        let request = Request::get("supplementary risk", &path);
        match found(self.http.call(trace, Credentials::Bearer(user_token), request).await)? {
            Some(answer) => Ok(Some(answer.json::<wire::SupplementaryRisk>()?.into())),
            None => Ok(None),
        }
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.http.breaker_state()
    }
}
