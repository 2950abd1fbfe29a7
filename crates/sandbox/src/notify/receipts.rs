//! What becomes of an accepted e-mail, and the receipt that our product gets about it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Email, ReceiptMode, Status};
use crate::sandbox::Sandbox;

/// One try and five more.
const TRIES: u32 = 6;
/// How long a receipt that was not taken waits. The real service waits five minutes, which no test would.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// Brings every accepted e-mail to its end and sends receipts, for ever.
pub(crate) async fn run(sandbox: Sandbox) {
    loop {
        let woken = sandbox.mailed().notified();
        let moved = settle(&sandbox);
        let failed = send_due(&sandbox).await;
        if (moved || failed)
            && let Err(error) = sandbox.flush()
        {
            tracing::error!(error = &error as &dyn std::error::Error, "the sandbox's state could not be saved");
        }
        if failed {
            tokio::time::sleep(TRY_AGAIN).await;
        } else {
            woken.await;
        }
    }
}

/// Moves e-mails on: to their end, or only to `sending` while receipts are held. Says whether any moved.
fn settle(sandbox: &Sandbox) -> bool {
    let due = |email: &Email, held: bool| match email.status {
        Status::Created => true,
        Status::Sending => !held,
        _ => false,
    };
    let any = sandbox.read(|state| {
        let held = state.notify.receipts.mode == ReceiptMode::Held;
        state.notify.emails.iter().any(|email| due(email, held))
    });
    if any {
        sandbox.write(|state| {
            let now = state.now();
            let held = state.notify.receipts.mode == ReceiptMode::Held;
            for email in state.notify.emails.iter_mut().filter(|email| due(email, held)) {
                if held {
                    email.status = Status::Sending;
                } else {
                    email.status = end_of(&email.email_address);
                    email.completed_at = Some(now);
                }
            }
        });
    }
    any
}

fn end_of(address: &str) -> Status {
    match address {
        "temp-fail@simulator.notify" => Status::TemporaryFailure,
        "perm-fail@simulator.notify" => Status::PermanentFailure,
        _ => Status::Delivered,
    }
}

/// Sends the receipts that are due; says whether one was not taken and is still due.
async fn send_due(sandbox: &Sandbox) -> bool {
    let due = sandbox.read(|state| {
        let receipts = &state.notify.receipts;
        let url = receipts.url.clone().filter(|_| receipts.mode != ReceiptMode::Held)?;
        let ended = state.notify.emails.iter().filter(|email| email.completed_at.is_some() && !email.receipt_done);
        Some((receipts.mode, url, receipts.token.clone(), ended.cloned().collect::<Vec<_>>()))
    });
    let Some((mode, url, token, emails)) = due else { return false };
    let mut still_due = false;
    for email in emails {
        let copies = match mode {
            ReceiptMode::Missing => 0,
            ReceiptMode::Duplicate => 2,
            ReceiptMode::Prompt | ReceiptMode::Held => 1,
        };
        let mut accepted = true;
        for _ in 0..copies {
            accepted &= post(sandbox, &url, token.as_deref(), &receipt(&email)).await;
        }
        sandbox.write(|state| {
            if let Some(kept) = state.notify.emails.iter_mut().find(|kept| kept.id == email.id) {
                kept.receipt_tries += 1;
                kept.receipt_done = accepted || kept.receipt_tries >= TRIES;
                still_due |= !kept.receipt_done;
            }
        });
    }
    still_due
}

async fn post(sandbox: &Sandbox, url: &str, token: Option<&str>, receipt: &Value) -> bool {
    let request = sandbox.http().post(url).json(receipt).bearer_auth(token.unwrap_or_default());
    request.send().await.is_ok_and(|response| response.status().is_success())
}

fn receipt(email: &Email) -> Value {
    json!({
        "id": email.id,
        "reference": email.reference,
        "to": email.email_address,
        "status": email.status.name(),
        "created_at": email.received_at,
        "completed_at": email.completed_at,
        "sent_at": email.completed_at,
        "notification_type": "email",
        "template_id": email.template_id,
        "template_version": 1,
    })
}
