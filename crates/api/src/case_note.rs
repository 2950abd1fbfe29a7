//! Case notes: messages left on a referral by either side.

use app::case_note::{CaseNoteKey, Direction};
use domain::case_note::CaseNote;
use domain::{CaseNoteId, ErrorCode, FieldErrors, ReferralId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Answer, ok};
use crate::body::{Member, Members, Object};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::{Body, Id, Params, Query, QueryShape};
use crate::page::{Order, Page, PageRequest, read_sort};
use crate::wire::AuthUser;

/// A case note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CaseNote")]
pub(crate) struct WireNote {
    id: Uuid,
    referral_id: Uuid,
    subject: String,
    body: String,
    sent_by: AuthUser,
    sent_at: Timestamp,
}

impl From<CaseNote> for WireNote {
    fn from(note: CaseNote) -> Self {
        let CaseNote { id, referral_id, subject, body, sent_at, sent_by } = note;
        Self { id: id.0, referral_id: referral_id.0, subject, body, sent_by: (&sent_by).into(), sent_at }
    }
}

/// A note to leave.
pub(crate) struct CreateRequest {
    pub(crate) referral_id: ReferralId,
    pub(crate) subject: String,
    pub(crate) body: String,
    /// Whether the practitioner is e-mailed; only an explicit "no" stops it.
    pub(crate) tell_practitioner: bool,
}

/// Yes or no, as a boolean or as its text: the existing public client posts the text.
struct YesNo(bool);

impl Member for YesNo {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        match value {
            Value::Bool(yes) => Some(Self(*yes)),
            Value::String(text) if text == "true" => Some(Self(true)),
            Value::String(text) if text == "false" => Some(Self(false)),
            _ => {
                faults.add(path, ErrorCode::InvalidValue);
                None
            }
        }
    }

    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "boolean" }, { "type": "string", "enum": ["true", "false"] }] })
    }
}

impl Object for CreateRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let referral_id = members.required("referralId");
        let (subject, body) = (members.required("subject"), members.required("body"));
        let send: Option<YesNo> = members.optional("sendEmail");
        Some(Self {
            referral_id: referral_id?,
            subject: subject?,
            body: body?,
            tell_practitioner: send.is_none_or(|YesNo(yes)| yes),
        })
    }
}

/// Rows of a page when the query does not say.
const USUAL_SIZE: u32 = 10;

/// What a list of notes can be sorted by: the properties of a note.
fn sort_key(name: &str) -> Option<CaseNoteKey> {
    Some(match name {
        "sentAt" => CaseNoteKey::SentAt,
        "sentBy" => CaseNoteKey::SentBy,
        "subject" => CaseNoteKey::Subject,
        "body" => CaseNoteKey::Body,
        "id" => CaseNoteKey::Id,
        _ => return None,
    })
}

/// Which page of notes.
pub(crate) struct NotesRequest {
    asked: PageRequest,
    sort: Vec<Order<CaseNoteKey>>,
}

impl QueryShape for NotesRequest {
    fn read(params: &Params) -> Result<Self, Failure> {
        Ok(Self { asked: PageRequest::read(params, USUAL_SIZE), sort: read_sort(params, sort_key)? })
    }
}

/// `POST /case-note`.
pub(crate) async fn create(
    Caller(ctx): Caller,
    Body(CreateRequest { referral_id, subject, body, tell_practitioner }): Body<CreateRequest>,
) -> Answer<WireNote> {
    ok(app::case_note::create(&ctx, referral_id, subject, body, tell_practitioner).await?.into())
}

/// `GET /case-note/{id}`.
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id<CaseNoteId>) -> Answer<WireNote> {
    ok(app::case_note::get(&ctx, id).await?.into())
}

/// `GET /sent-referral/{referralId}/case-notes`.
pub(crate) async fn page(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Query(NotesRequest { asked, sort }): Query<NotesRequest>,
) -> Answer<Page<WireNote>> {
    let direction = |order: Order<CaseNoteKey>| {
        (order.key, if order.descending { Direction::Descending } else { Direction::Ascending })
    };
    let sort: Vec<_> = sort.into_iter().map(direction).collect();
    ok(Page::new(asked, app::case_note::page(&ctx, id, asked.number + 1, asked.size, &sort).await?))
}
