//! The change log of a sent referral.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::Operation;
use domain::amendment::{Change, Topic};
use domain::{AuthSource, ChangeLogId, ComplexityLevelId, DesiredOutcomeId, ReferralId, User};
use futures::future::join_all;

use crate::referral::{Subject, authorised};
use crate::{Error, OpCtx};

/// A change with the name of who made it.
#[derive(Clone, Debug)]
pub struct LoggedChange {
    /// The change.
    pub change: Change,
    /// Whose it is.
    pub referral: ReferralId,
    /// First and last name; the username while the directory cannot say.
    pub changed_by: String,
}

/// A change whose values are in words: ids of levels and outcomes are replaced by what they are called.
#[derive(Clone)]
pub struct ChangeDetails {
    /// The change as it was logged.
    pub logged: LoggedChange,
    /// Before.
    pub old: Vec<String>,
    /// After.
    pub new: Vec<String>,
}

/// Every change of a referral, newest first.
pub async fn list(ctx: &OpCtx, referral: ReferralId) -> Result<Vec<LoggedChange>, Error> {
    let operation = Operation::ListChangelog;
    authorised(ctx, operation, referral).await?;
    ctx.record_look(operation, Subject::Referral(referral)).await?;
    let mut db = ctx.app.store().connection().await?;
    let changes = store::changelog::list(&mut db, referral).await?;
    drop(db);
    let names = names(ctx, changes.iter().map(|change| change.by.clone()).collect()).await;
    let logged = |change: Change| LoggedChange { changed_by: name_in(&names, &change.by), referral, change };
    Ok(changes.into_iter().map(logged).collect())
}

/// One change in full.
pub async fn get(ctx: &OpCtx, id: ChangeLogId) -> Result<ChangeDetails, Error> {
    let operation = Operation::GetChangelogDetails;
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    let found = store::changelog::find(&mut db, id).await?;
    drop(db);
    let (referral, change) = found.ok_or_else(|| Error::not_found("change", id))?;
    authorised(ctx, operation, referral).await?;
    ctx.record_look(operation, Subject::Referral(referral)).await?;
    let (old, new) = in_words(ctx, &change).await?;
    let changed_by = name_in(&names(ctx, BTreeSet::from([change.by.clone()])).await, &change.by);
    Ok(ChangeDetails { logged: LoggedChange { change, referral, changed_by }, old, new })
}

async fn in_words(ctx: &OpCtx, change: &Change) -> Result<(Vec<String>, Vec<String>), Error> {
    let (old, new) = (&change.old.texts, &change.new.texts);
    let ids = || old.iter().chain(new);
    let words: BTreeMap<String, String> = match change.topic {
        Topic::ComplexityLevel => {
            let ids: Vec<ComplexityLevelId> = ids().filter_map(|id| id.parse().ok()).collect();
            let mut db = ctx.app.store().connection().await?;
            let titles = store::catalogue::complexity_titles(&mut db, &ids).await?;
            titles.into_iter().map(|(id, title)| (id.to_string(), title)).collect()
        }
        Topic::DesiredOutcomes => {
            let ids: Vec<DesiredOutcomeId> = ids().filter_map(|id| id.parse().ok()).collect();
            let mut db = ctx.app.store().connection().await?;
            let descriptions = store::catalogue::outcome_descriptions(&mut db, &ids).await?;
            descriptions.into_iter().map(|(id, description)| (id.to_string(), description)).collect()
        }
        _ => return Ok((old.clone(), new.clone())),
    };
    let worded = |texts: &[String]| texts.iter().map(|id| words.get(id).unwrap_or(id).clone()).collect();
    Ok((worded(old), worded(new)))
}

fn name_in(names: &BTreeMap<User, String>, user: &User) -> String {
    names.get(user).unwrap_or(&user.username).clone()
}

/// Each user's name, asked once and all at the same time. The log can be read without the directory, so a user that it
/// cannot name is shown by the name they sign in with.
async fn names(ctx: &OpCtx, users: BTreeSet<User>) -> BTreeMap<User, String> {
    let asked = users.into_iter().map(async |user| {
        let name = name(ctx, &user).await;
        (user, name)
    });
    join_all(asked).await.into_iter().filter_map(|(user, name)| Some((user, name?))).collect()
}

async fn name(ctx: &OpCtx, user: &User) -> Option<String> {
    let directory = &ctx.app.upstreams().manage_users;
    let trace = ctx.trace();
    let found = match user.source {
        AuthSource::Service => return None,
        AuthSource::Auth => directory.external_user(&trace, &user.username).await.map(|found| {
            let parts =
                found.map(|found| [found.first_name, found.last_name].into_iter().flatten().collect::<Vec<_>>());
            parts.map(|parts| parts.join(" "))
        }),
        AuthSource::Delius | AuthSource::Other(_) => {
            directory.user(&trace, &user.username).await.map(|found| found.and_then(|found| found.name))
        }
    };
    match found {
        Ok(name) => name.filter(|name| !name.trim().is_empty()),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a user is shown without their name");
            None
        }
    }
}
