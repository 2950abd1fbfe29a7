//! The calling user.

use crate::answer::{Answer, ok};
use crate::caller::Caller;
use crate::wire::AuthUser;

/// `POST /intervention/user`: records the caller and says who they are. A body is not read.
pub(crate) async fn register(Caller(ctx): Caller) -> Answer<AuthUser> {
    ok((&app::user::register(&ctx)?).into())
}
