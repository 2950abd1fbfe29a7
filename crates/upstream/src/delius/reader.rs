//! Reads what Delius holds of a referral: the port for everything that compares, with three ways behind it.
//!
//! Owns how each way asks and how far it can see. Refuses to hand out an NSI id, and to keep any note: what is not about
//! a reference like ours is dropped here. `domain::collection` says what the difference means.

mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::collection::{ACTIVITY_TYPES, Container, Reading, SentenceSeen};
use domain::{Crn, ReferralId, ReferralUrn};

use super::sides::Sides;
use crate::auth::Service;
use crate::error::UpstreamError;
use crate::http::{Request, found};
use crate::trace::Trace;

/// The beginning of every URN of a referral.
const REFERRAL_URN: &str = "urn:hmpps:interventions-referral:";
/// How long a UUID is as text.
const UUID_LENGTH: usize = 36;

/// How activities are seen.
pub(super) enum Reader {
    /// They are not: only whether the person and the sentence are there.
    Inference,
    /// Through the list of a conviction's activities that the older API has kept.
    LegacyNsi(Arc<Service>),
    /// Through the read by URN, which is our proposal to the owner.
    Urn {
        /// Whether it has ever answered: until then, "not there" may mean that the read itself is not.
        has_answered: AtomicBool,
    },
}

/// Counts the calls of one reading.
struct Asking<'a> {
    trace: &'a Trace,
    sides: &'a Sides,
    crn: &'a Crn,
    calls: u32,
}

impl Asking<'_> {
    async fn person_is_known(&mut self) -> Result<bool, UpstreamError> {
        self.calls += 1;
        Ok(self.sides.case_details(self.trace, self.crn).await?.is_some())
    }

    async fn sentence(&mut self, id: i64) -> Result<SentenceSeen, UpstreamError> {
        self.calls += 1;
        Ok(match self.sides.conviction(self.trace, self.crn, id).await? {
            Some(conviction) if conviction.active => SentenceSeen::Active,
            Some(_) => SentenceSeen::Ended,
            None => SentenceSeen::Missing,
        })
    }

    async fn other_sentences(&mut self, than: i64) -> Result<Vec<i64>, UpstreamError> {
        self.calls += 1;
        let convictions = self.sides.convictions(self.trace, self.crn).await?.unwrap_or_default();
        Ok(convictions.into_iter().map(|conviction| conviction.id).filter(|id| *id != than).collect())
    }

    fn reading(&self, person_is_known: bool, sentence: SentenceSeen, containers: Option<Vec<Container>>) -> Reading {
        Reading { person_is_known, sentence, containers, calls: self.calls }
    }
}

impl Reader {
    pub(super) fn sees_activities(&self) -> bool {
        match self {
            Self::Inference => false,
            Self::LegacyNsi(_) | Self::Urn { .. } => true,
        }
    }

    pub(super) async fn read(
        &self,
        sides: &Sides,
        trace: &Trace,
        crn: &Crn,
        referral: ReferralId,
        sentence: i64,
    ) -> Result<Reading, UpstreamError> {
        let mut asking = Asking { trace, sides, crn, calls: 0 };
        match self {
            Self::Inference => infer(&mut asking, sentence, None).await,
            Self::LegacyNsi(service) => listed(service, &mut asking, referral, sentence).await,
            Self::Urn { has_answered } => by_urn(has_answered, &mut asking, referral, sentence).await,
        }
    }
}

/// Reads through the older API's list, whichever way is configured.
pub(super) async fn list(
    service: &Service,
    sides: &Sides,
    trace: &Trace,
    crn: &Crn,
    referral: ReferralId,
    sentence: i64,
) -> Result<Reading, UpstreamError> {
    listed(service, &mut Asking { trace, sides, crn, calls: 0 }, referral, sentence).await
}

/// What the person and the sentence tell.
async fn infer(
    asking: &mut Asking<'_>,
    sentence: i64,
    containers: Option<Vec<Container>>,
) -> Result<Reading, UpstreamError> {
    let seen = asking.sentence(sentence).await?;
    // A conviction that is not there may be a person who is not there.
    let known = seen != SentenceSeen::Missing || asking.person_is_known().await?;
    Ok(asking.reading(known, seen, containers))
}

/// One call where all is well. The person's other sentences are looked at where the activity is not on its own.
async fn listed(
    service: &Service,
    asking: &mut Asking<'_>,
    referral: ReferralId,
    sentence: i64,
) -> Result<Reading, UpstreamError> {
    let urn = ReferralUrn(referral).to_string();
    let is_live = |container: &Container| container.urn == urn && !container.deleted;
    let on_sentence = activities_of(service, asking, sentence).await?;
    if on_sentence.is_none() && !asking.person_is_known().await? {
        return Ok(asking.reading(false, SentenceSeen::Missing, None));
    }
    let mut containers = on_sentence.unwrap_or_default();
    if !containers.iter().any(is_live) {
        for other in asking.other_sentences(sentence).await? {
            containers.extend(activities_of(service, asking, other).await?.unwrap_or_default());
        }
    }
    let live: Vec<&Container> = containers.iter().filter(|container| is_live(container)).collect();
    let is_well = matches!(live.as_slice(), [only] if !only.is_closed());
    // The sentence matters where somebody may have to decide.
    let seen = if is_well { SentenceSeen::Unknown } else { asking.sentence(sentence).await? };
    Ok(asking.reading(true, seen, Some(containers)))
}

/// The activities of one conviction that carry a reference like ours; none: no such case or conviction.
async fn activities_of(
    service: &Service,
    asking: &mut Asking<'_>,
    sentence: i64,
) -> Result<Option<Vec<Container>>, UpstreamError> {
    asking.calls += 1;
    let id = sentence.to_string();
    let path = ["secure", "offenders", "crn", asking.crn.as_str(), "convictions", &id, "nsis"];
    let types = ACTIVITY_TYPES.join(",");
    let query = [("nsiCodes", types.as_str())];
    let Some(answer) = found(service.call(asking.trace, Request::get("activities", &path).query(&query)).await)? else {
        return Ok(None);
    };
    let wire::Activities { nsis } = answer.json()?;
    Ok(Some(nsis.into_iter().filter_map(|nsi| nsi.into_container(sentence)).collect()))
}

async fn by_urn(
    has_answered: &AtomicBool,
    asking: &mut Asking<'_>,
    referral: ReferralId,
    sentence: i64,
) -> Result<Reading, UpstreamError> {
    asking.calls += 1;
    match asking.sides.integration.referral_by_urn::<wire::ByUrn>(asking.trace, asking.crn, referral).await {
        Ok(Some(activity)) => {
            has_answered.store(true, Ordering::Relaxed);
            let container = activity.into_container(referral);
            if container.is_closed() || container.deleted {
                infer(asking, sentence, Some(vec![container])).await
            } else {
                Ok(asking.reading(true, SentenceSeen::Unknown, Some(vec![container])))
            }
        }
        Ok(None) => {
            let containers = has_answered.load(Ordering::Relaxed).then(Vec::new);
            infer(asking, sentence, containers).await
        }
        // Several live ones: that is all it tells, so two stand for them.
        Err(error) if error.status() == Some(409) => {
            has_answered.store(true, Ordering::Relaxed);
            let one = wire::indistinct(referral);
            infer(asking, sentence, Some(vec![one.clone(), one])).await
        }
        Err(error) => Err(error),
    }
}

/// A reference from before it had a field of its own, when it stood in the notes. Nothing else of them is kept.
fn urn_in_notes(notes: &str) -> Option<&str> {
    let start = notes.find(REFERRAL_URN)?;
    notes[start..].get(..REFERRAL_URN.len() + UUID_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_in_notes_is_found_and_nothing_else() {
        let urn = "urn:hmpps:interventions-referral:7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11";
        assert_eq!(urn_in_notes(&format!("{urn}\nSomething about somebody")), Some(urn));
        assert_eq!(urn_in_notes(&format!("before {urn}, after")), Some(urn));
        assert_eq!(urn_in_notes("urn:hmpps:interventions-referral:7f3c"), None);
        assert_eq!(urn_in_notes("nothing"), None);
    }
}
