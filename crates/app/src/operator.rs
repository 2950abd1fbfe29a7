//! What operators do: look for a referral, read its ledger, pause and resume systems, try again, go on without, send a
//! window again, and explain access.
//!
//! Only a person with the operators' role is let in (`domain::operator`). Whatever changes something takes a reason,
//! and is written into the audit in the transaction of the change; each look at a referral is written there too.

mod discrepancy;
mod effect;
mod explain;
mod find;
mod ledger;
mod owner;
mod queue;
mod replay;

use domain::access::{Caller, Refusal, Role};
use domain::operator::{OperatorAction, admit_operator};
use domain::{AuthSource, ErrorCode, FieldErrors, ReferralId, User};
use runtime::Secret;
use store::UnitOfWork;

pub use self::discrepancy::{
    DISCREPANCIES_PAGE, Disagreement, Mend, OpenDiscrepancies, OpenDiscrepancy, disagreement, mend, open_discrepancies,
};
pub use self::effect::{Seen, retry, skip};
pub use self::explain::{Explanation, Step, Verdict, explain};
pub use self::find::{Found, find};
pub use self::ledger::{Ledger, Line, get_ledger};
pub use self::owner::Owner;
pub use self::queue::{LATELY, Queue, SILENT, WorkersCircuit, pause, queues, resume};
pub use self::replay::{Plan, Planned, REPLAY_MAX, ReplayOrder, preview, replay};
pub use store::circuit::{CircuitState, WorkerId};

use crate::version::Versions;
use crate::{App, Correlation, Error, OpCtx};

/// The longest reason, in characters.
pub const WHY_MAX: usize = 1000;

/// Where somebody "signs in" who works at the command line.
const COMMAND_LINE: &str = "command-line";

impl App {
    /// The context of an operator at the command line of a machine that holds the service's configuration. Whoever has
    /// that has its database too, so nothing more is asked; `name` is what the audit keeps.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn operator_at_command_line(&self, name: &str) -> Result<OpCtx, Error> {
        let source = AuthSource::Other(COMMAND_LINE.to_owned());
        let user = User { id: name.to_owned(), source, username: name.to_owned() };
        let mut work = self.store().begin().await?;
        let user = store::user::remember(&mut work, &user).await?;
        work.commit().await?;
        Ok(OpCtx {
            app: self.clone(),
            caller: Caller::User { user, roles: [Role::Operator].into() },
            now: self.clock().now(),
            correlation: Correlation::untraced(self.ids().uuid().to_string()),
            token: Secret::new(""),
            token_id: self.ids().uuid().to_string(),
            display_name: Some(name.to_owned()),
            once: None,
            versions: Versions::default(),
        })
    }
}

impl OpCtx {
    /// Whether the caller is an operator.
    pub fn is_operator(&self) -> bool {
        crate::collection::is_operator(self)
    }

    fn admit_operator(&self, action: OperatorAction) -> Result<(), Error> {
        admit_operator(action, &self.caller).map_err(|refusal| {
            Error::AccessDenied(match refusal {
                Refusal::Claims(_) => refusal.to_string(),
                Refusal::Role | Refusal::UserType(_) => "Access Denied".to_owned(),
            })
        })
    }

    /// Writes down an act on several things of a kind, in its transaction.
    async fn record_act(
        &self,
        work: &mut UnitOfWork,
        action: OperatorAction,
        subject: (&str, &[String]),
        why: &Reason,
    ) -> Result<(), Error> {
        let (kind, ids) = subject;
        let entry = self.audit_entry(action.as_str(), kind, String::new());
        store::audit::record_act(work, &entry, &why.0, ids).await?;
        let count = ids.len();
        tracing::info!(operation = action.as_str(), actor.id = %self.actor().id, count, "an operator acted");
        Ok(())
    }

    /// Writes down, in its transaction, what was done to a referral, where an operator did it: others have their own
    /// record of it.
    pub(crate) async fn record_operators_act(
        &self,
        work: &mut UnitOfWork,
        action: OperatorAction,
        referral: ReferralId,
        why: &str,
    ) -> Result<(), Error> {
        if !self.is_operator() {
            return Ok(());
        }
        self.record_act(work, action, ("referral", &[referral.to_string()]), &Reason::read(why)?).await
    }

    /// Writes down a look at several things of a kind.
    async fn record_operators_looks(&self, action: OperatorAction, kind: &str, ids: &[String]) -> Result<(), Error> {
        let entry = self.audit_entry(action.as_str(), kind, String::new());
        let mut db = self.app.store().connection().await?;
        Ok(store::audit::record_each(&mut db, &entry, ids).await?)
    }
}

/// Why somebody does something: 1 to [`WHY_MAX`] characters that are not all blank.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reason(String);

impl Reason {
    /// # Errors
    /// [`Error::Fields`] for the field `why`.
    fn read(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let mut errors = FieldErrors::default();
        errors.require(!text.is_empty(), "why", ErrorCode::CannotBeEmpty);
        errors.limit(Some(text), "why", WHY_MAX);
        errors.into_result().map_err(Error::Fields)?;
        Ok(Self(text.to_owned()))
    }
}
