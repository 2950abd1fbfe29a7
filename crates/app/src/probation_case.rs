//! What other systems ask about a case: its referrals, where its sessions take place, whether it has accommodation.
//!
//! Whoever has the role may ask about any case, so every answer leaves an audit entry. Names are looked up where they
//! are kept, each once and all at a time; when a system is away, what it would have said is missing from the answer.

use std::collections::{BTreeSet, HashMap};

use domain::access::Operation;
use domain::{AuthSource, Crn, User};
use futures::future::join_all;
pub use store::probation_case::{AccommodationReferral, CaseAppointment, CaseAppointments, CaseReferral};
use upstream::UpstreamError;

use crate::{Error, OpCtx};

/// A referral of a case, with names as they are now.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedCaseReferral {
    /// The referral.
    pub referral: CaseReferral,
    /// Name of whoever sent it; their sign-in name when it cannot be found out.
    pub referring_officer: String,
    /// Name of whoever is responsible for the case, when it can be found out.
    pub responsible_officer: Option<String>,
    /// Name of the current caseworker, when there is one and it can be found out.
    pub provider_user: Option<String>,
}

impl std::fmt::Debug for NamedCaseReferral {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NamedCaseReferral").field("id", &self.referral.id).finish_non_exhaustive()
    }
}

/// The sent referrals of a case, oldest first; none for an unknown case.
pub async fn referrals(ctx: &OpCtx, crn: &Crn) -> Result<Vec<NamedCaseReferral>, Error> {
    let operation = Operation::ListReferralsByCrn;
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    let referrals = store::probation_case::referrals(&mut db, crn).await?;
    drop(db);
    ctx.record_case_look(operation, crn).await?;
    if referrals.is_empty() {
        return Ok(Vec::new());
    }
    let people: BTreeSet<&User> =
        referrals.iter().flat_map(|referral| std::iter::once(&referral.sent_by).chain(&referral.assigned_to)).collect();
    let (names, responsible_officer) = tokio::join!(names(ctx, people), responsible_officer(ctx, crn));
    let answer = |referral: CaseReferral| NamedCaseReferral {
        referring_officer: names.get(&referral.sent_by).cloned().unwrap_or_else(|| referral.sent_by.username.clone()),
        responsible_officer: responsible_officer.clone(),
        provider_user: referral.assigned_to.as_ref().and_then(|user| names.get(user).cloned()),
        referral,
    };
    Ok(referrals.into_iter().map(answer).collect())
}

/// The sent referrals of a case with the appointments of their sessions; none for an unknown case.
pub async fn appointments(ctx: &OpCtx, crn: &Crn) -> Result<Vec<CaseAppointments>, Error> {
    let operation = Operation::GetAppointmentLocations;
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    let appointments = store::probation_case::appointments(&mut db, crn).await?;
    drop(db);
    ctx.record_case_look(operation, crn).await?;
    Ok(appointments)
}

/// The sent referrals of a case that ask for accommodation.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn accommodation(ctx: &OpCtx, crn: &Crn) -> Result<Vec<AccommodationReferral>, Error> {
    let operation = Operation::ListSasReferrals;
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    let referrals = store::probation_case::accommodation(&mut db, crn).await?;
    drop(db);
    ctx.record_case_look(operation, crn).await?;
    if referrals.is_empty() {
        return Err(Error::NotFound("this case has no referral for accommodation".to_owned()));
    }
    Ok(referrals)
}

/// The names of these people, as far as they can be found out now.
async fn names(ctx: &OpCtx, people: BTreeSet<&User>) -> HashMap<User, String> {
    let found = join_all(people.into_iter().map(async |user| Some((user.clone(), name(ctx, user).await?)))).await;
    found.into_iter().flatten().collect()
}

async fn name(ctx: &OpCtx, user: &User) -> Option<String> {
    let trace = ctx.trace();
    match user.source {
        AuthSource::Delius => {
            let answer = ctx.app.upstreams().delius.user_details(&trace, &user.username).await;
            found_out(answer).map(|user| format!("{} {}", user.name.forename, user.name.surname))
        }
        AuthSource::Auth => {
            let answer = ctx.app.upstreams().manage_users.external_user(&trace, &user.username).await;
            let user = found_out(answer)?;
            let parts: Vec<String> = [user.first_name, user.last_name].into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
        AuthSource::Service | AuthSource::Other(_) => None,
    }
}

async fn responsible_officer(ctx: &OpCtx, crn: &Crn) -> Option<String> {
    let officer = found_out(ctx.app.upstreams().delius.responsible_officer(&ctx.trace(), crn).await)?;
    let manager = officer.effective();
    // A place-holder for nobody has a name, but it is nobody's.
    (!manager.unallocated).then(|| format!("{} {}", manager.name.forename, manager.name.surname))
}

/// What another system knows, or nothing when it knows nothing or cannot say.
fn found_out<T>(answer: Result<Option<T>, UpstreamError>) -> Option<T> {
    answer.unwrap_or_else(|error| {
        tracing::warn!(outcome = error.outcome(), "a name could not be looked up; answering without it");
        None
    })
}
