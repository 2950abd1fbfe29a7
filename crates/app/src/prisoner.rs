//! What the prison system says about somebody: an aid while a referral is made, never a reason to stop.

use domain::Crn;
use domain::access::Operation;
pub use upstream::prisoner_search::{Prisoner, ReleaseDates};
use upstream::{UpstreamError, delius::CaseAccess};

use crate::access::case_refusal;
use crate::{Error, OpCtx};

/// Where a person is held and when they are to be released. None when there is no such case, when it has no prison
/// number, and when Delius or the prison system cannot say: then nothing is shown, whoever asks.
///
/// # Errors
/// [`Error::AccessError`] when Delius says that the caller may not see the person.
pub async fn details(ctx: &OpCtx, crn: &Crn) -> Result<Option<Prisoner>, Error> {
    let operation = Operation::GetPrisonerDetails;
    ctx.admit(operation)?;
    let trace = ctx.trace();
    let delius = &ctx.app.upstreams().delius;
    let username = ctx.actor().username;
    let asked = [crn.clone()];
    let Some(access) = said(delius.case_access(&trace, &username, &asked).await) else { return Ok(None) };
    // Delius calls an unknown case open; it has no prison number either.
    if !access.first().is_some_and(CaseAccess::is_open) {
        return Err(case_refusal(access));
    }
    let Some(identifiers) = said(delius.identifiers(&trace, crn).await) else { return Ok(None) };
    let Some(noms_number) = identifiers.noms_number else { return Ok(None) };
    let found = said(ctx.app.upstreams().prisoner_search.prisoner(&trace, &noms_number).await).flatten();
    ctx.record_case_look(operation, crn).await?;
    Ok(found)
}

/// What another system said, if it did.
fn said<T>(answer: Result<T, UpstreamError>) -> Option<T> {
    answer
        .inspect_err(|error| {
            tracing::warn!(outcome = error.outcome(), "prison details could not be looked up; answering without them");
        })
        .ok()
}
