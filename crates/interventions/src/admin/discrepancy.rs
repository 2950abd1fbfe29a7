//! `admin discrepancies`, `compare`, `repair`, `follow-merge`, `choose`: where Delius and we disagree, and mending it.

use anyhow::{anyhow, bail};
use app::OpCtx;
use app::collection::{Chosen, Mended, Standing};
use app::operator::{Mend, mend};
use clap::Subcommand;
use domain::collection::Choice;
use domain::{Crn, DiscrepancyId};
use serde_json::json;
use store::discrepancy::{Discrepancy, Filter};

use super::referral::{only, standing_in_words};

/// How many are shown at most.
const SHOWN_MAX: u32 = 1000;
/// What is said when a repair was asked for and none was intended.
const NOTHING_DONE: &str = "nothing was done, because the same repair is under way or its conditions do not hold";

/// What to do with discrepancies.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum DiscrepancyCommand {
    /// Show where Delius and we disagree, oldest first.
    Discrepancies {
        /// Only those that are not settled.
        #[arg(long)]
        open: bool,
        /// Only of this referral: anything that finds exactly one.
        #[arg(long)]
        referral: Option<String>,
    },
    /// Compare the referral of a discrepancy with Delius now.
    Compare {
        /// The discrepancy, as `discrepancies` shows it.
        discrepancy: DiscrepancyId,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Have a discrepancy repaired now, where there is a repair.
    Repair {
        /// The discrepancy, as `discrepancies` shows it.
        discrepancy: DiscrepancyId,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Put the referral of a discrepancy under the case number that the person has after a merge.
    FollowMerge {
        /// The discrepancy, as `discrepancies` shows it.
        discrepancy: DiscrepancyId,
        /// The case number that the person has now.
        crn: String,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Choose what becomes of a referral whose line to Delius is held.
    Choose {
        /// The referral: anything that finds exactly one.
        referral: String,
        /// ask-to-reopen, reopened, without-delius, end-referral or create-again.
        #[arg(value_parser = choice)]
        choice: Choice,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
        /// For end-referral: the code of a withdrawal reason.
        #[arg(long)]
        reason_code: Option<String>,
    },
}

fn choice(text: &str) -> Result<Choice, String> {
    Choice::from_text(text).ok_or_else(|| {
        let known: Vec<&str> = Choice::ALL.iter().copied().map(Choice::as_str).collect();
        format!("the choices are {}", known.join(", "))
    })
}

/// Does it.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(super) async fn run(command: DiscrepancyCommand, ctx: &OpCtx, json: bool) -> anyhow::Result<()> {
    match command {
        DiscrepancyCommand::Discrepancies { open, referral } => {
            let referral = match referral {
                Some(what) => Some(only(ctx, &what).await?),
                None => None,
            };
            let filter = Filter { referral, with_settled: !open, ..Filter::default() };
            let found = app::collection::list_discrepancies(ctx, &filter, SHOWN_MAX).await?;
            for one in &found {
                print_one(one, json);
            }
        }
        DiscrepancyCommand::Compare { discrepancy, reason } => {
            let mended = Box::pin(mend(ctx, discrepancy, Mend::Compare, &reason)).await?;
            print_mended(&discrepancy, "compared", &mended, json);
        }
        DiscrepancyCommand::Repair { discrepancy, reason } => {
            let mended = Box::pin(mend(ctx, discrepancy, Mend::Repair, &reason)).await?;
            print_mended(&discrepancy, "repair intended", &mended, json);
        }
        DiscrepancyCommand::FollowMerge { discrepancy, crn, reason } => {
            let to = Mend::FollowMerge(Crn(crn.trim().to_ascii_uppercase()));
            let mended = Box::pin(mend(ctx, discrepancy, to, &reason)).await?;
            print_mended(&discrepancy, "followed", &mended, json);
        }
        DiscrepancyCommand::Choose { referral, choice, reason, reason_code } => {
            let id = only(ctx, &referral).await?;
            let Standing::Held(held) = app::collection::standing(ctx, id).await? else {
                bail!("this referral's line to Delius is not held: there is nothing to choose");
            };
            if !held.choices.contains(&choice) {
                let offered: Vec<&str> = held.choices.iter().copied().map(Choice::as_str).collect();
                return Err(anyhow!("here one may choose {}", offered.join(", ")));
            }
            let chosen = Chosen { version: held.version, choice, why: reason, reason_code };
            let standing = Box::pin(app::collection::choose(ctx, id, chosen)).await?;
            if json {
                println!("{}", json!({ "referral": id.to_string(), "choice": choice.as_str() }));
            } else {
                println!("{choice}: Delius {}", standing_in_words(&standing));
            }
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_mended(discrepancy: &DiscrepancyId, done: &str, mended: &Mended, json: bool) {
    let standing = standing_in_words(&mended.standing);
    let done = if mended.is_done { done } else { NOTHING_DONE };
    if json {
        let discrepancy = discrepancy.to_string();
        let told = json!({ "discrepancy": discrepancy, "done": done, "isDone": mended.is_done, "delius": standing });
        println!("{told}");
    } else {
        println!("{done}: Delius {standing}");
    }
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_one(found: &Discrepancy, json: bool) {
    let Discrepancy { id, referral_id, urn, finding, first_seen_at, last_seen_at, repairs, settled } = found;
    if json {
        let settled = settled.as_ref().map(|one| {
            let by = one.by.as_ref().map(|user| &user.username);
            json!({ "at": one.at, "how": one.how, "by": by, "why": one.why })
        });
        let told = json!({
            "id": id.to_string(),
            "referral": referral_id.map(|id| id.to_string()),
            "urn": urn,
            "kind": finding.kind.as_str(),
            "holds": finding.kind.holds(),
            "evidence": finding.evidence,
            "firstSeenAt": first_seen_at,
            "lastSeenAt": last_seen_at,
            "repairs": repairs,
            "settled": settled,
        });
        println!("{told}");
        return;
    }
    let about = referral_id.map_or_else(|| urn.clone().unwrap_or_default(), |id| id.to_string());
    let state = match settled {
        Some(settled) => {
            let by = settled.by.as_ref().map(|user| format!(" by {}", user.username)).unwrap_or_default();
            let why = settled.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            format!("settled {}{by}: {}{why}", settled.at, settled.how)
        }
        None if finding.kind.holds() => "open; the line to Delius is held".to_owned(),
        None => "open".to_owned(),
    };
    println!("{id} {} {about}, first seen {first_seen_at}: {state}", finding.kind);
    println!("    {}", finding.kind.explanation());
}
