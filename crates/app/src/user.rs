//! Users.

use domain::User;
use domain::access::Operation;

use crate::{Error, OpCtx};

/// Records the caller; authentication has already done so, so this only answers who they are.
pub fn register(ctx: &OpCtx) -> Result<User, Error> {
    ctx.admit(Operation::RegisterCurrentUser)?;
    ctx.caller.user().cloned().ok_or_else(|| Error::AccessDenied("the token names no user".to_owned()))
}
