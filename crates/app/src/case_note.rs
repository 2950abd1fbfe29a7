//! Case notes.

use domain::access::Operation;
use domain::case_note::CaseNote;
use domain::{CaseNoteId, ReferralId};
pub use store::case_note::CaseNoteKey;
pub use store::dashboard::Direction;

use crate::pages::{ListId, Page};
use crate::referral::{Subject, authorised, authorised_change};
use crate::{Error, OpCtx};

/// Leaves a note on a referral.
pub async fn create(
    ctx: &OpCtx,
    referral_id: ReferralId,
    subject: String,
    body: String,
    tell_practitioner: bool,
) -> Result<CaseNote, Error> {
    let id = CaseNoteId(ctx.made_id());
    let note = CaseNote { id, referral_id, subject, body, sent_at: ctx.now, sent_by: ctx.actor() };
    let added = note.clone();
    let changed = authorised_change(ctx, Operation::CreateCaseNote, referral_id, |referral| {
        referral.add_case_note(added, tell_practitioner)
    });
    match changed.await {
        // The contract answers 400, not 404, for a referral named in a body.
        Err(Error::NotFound(message)) => Err(Error::Bad(message)),
        Err(other) => Err(other),
        Ok(_) if ctx.is_repetition() => present(ctx, id).await,
        Ok(_) => Ok(note),
    }
}

/// Reads a note of a referral that the caller may see.
pub async fn get(ctx: &OpCtx, id: CaseNoteId) -> Result<CaseNote, Error> {
    let operation = Operation::GetCaseNote;
    ctx.admit(operation)?;
    let note = present(ctx, id).await?;
    authorised(ctx, operation, note.referral_id).await?;
    ctx.record_look(operation, Subject::Referral(note.referral_id)).await?;
    Ok(note)
}

async fn present(ctx: &OpCtx, id: CaseNoteId) -> Result<CaseNote, Error> {
    let mut db = ctx.app.store().connection().await?;
    store::case_note::find(&mut db, id).await?.ok_or_else(|| Error::not_found("case note", id))
}

/// One page of a referral's notes (pages from 1), from where the page before ended if the caller was shown it. Without
/// sort keys: oldest first.
pub async fn page(
    ctx: &OpCtx,
    referral: ReferralId,
    page: u32,
    size: u32,
    sort: &[(CaseNoteKey, Direction)],
) -> Result<Page<CaseNote>, Error> {
    let operation = Operation::ListCaseNotes;
    authorised(ctx, operation, referral).await?;
    ctx.record_look(operation, Subject::Referral(referral)).await?;
    let pages = &ctx.app.0.note_pages;
    let list = ListId::of(ctx, (referral, sort, size));
    let at = pages.find(list, page, size, ctx.now);
    let mut db = ctx.app.store().connection().await?;
    let found = store::case_note::page(&mut db, referral, sort, &at).await?;
    drop(db);
    pages.show(list, page, found.rows.last().map(|note| note.id), ctx.now);
    Ok(found)
}
